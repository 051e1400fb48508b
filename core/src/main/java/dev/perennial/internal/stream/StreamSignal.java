package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * The signal on which all threads of one stream wait. Raising it never throws: an operation must
 * not fail because a waiting thread could not be woken, for example for lack of memory. Safe for
 * use from any thread.
 */
public final class StreamSignal implements Signal {

  private final Signal signal;
  private volatile Runnable wakeConnection = () -> {};

  public StreamSignal(Signal signal) {
    this.signal = signal;
  }

  /** Sets what wakes a pulling thread that waits inside the connection. Called once. */
  public void onWake(Runnable wakeConnection) {
    this.wakeConnection = wakeConnection;
  }

  @Override
  public void raise() {
    try {
      signal.raise();
    } catch (Throwable e) {
      raiseOnceMore();
    }
  }

  private void raiseOnceMore() {
    try {
      signal.raise();
    } catch (Throwable e) {
      // A waiting thread checks its condition again at the next raise().
    }
  }

  /** Makes every waiting thread check its condition, also one that waits inside the connection. */
  public void wake() {
    raise();
    wakeConnection.run();
  }

  @Override
  public boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException {
    return signal.await(condition, timeout);
  }
}
