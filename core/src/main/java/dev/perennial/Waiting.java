package dev.perennial;

import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * How the pulling thread waits: for a condition, a time, and the end of the stream, whichever comes
 * first.
 */
record Waiting(Signal signal, Lifecycle lifecycle) {

  /**
   * Whether the condition held before the time was over.
   *
   * @throws StreamException if the stream is dead
   * @throws StreamClosedException if the stream is closed
   */
  boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException {
    signal.await(() -> lifecycle.isOver() || condition.getAsBoolean(), timeout);
    lifecycle.check();
    return condition.getAsBoolean();
  }
}
