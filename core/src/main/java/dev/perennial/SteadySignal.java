package dev.perennial;

import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A runtime's signal whose {@code raise} never throws: what was done before must not fail because
 * nobody could be told of it, for example because there was no memory for that.
 */
record SteadySignal(Signal signal) implements Signal {

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
      // Whoever waits looks again when the next thing happens.
    }
  }

  @Override
  public boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException {
    return signal.await(condition, timeout);
  }
}
