package dev.perennial.internal.stream;

import dev.perennial.StreamListener;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What all parts of one stream share. Safe for use from any thread. */
public record StreamContext(
    StreamOptions options, StreamObserver observer, StreamSignal signal, Lifecycle lifecycle) {

  public static StreamContext of(StreamOptions options, List<StreamListener> listeners) {
    StreamObserver observer = new StreamObserver(options.name(), listeners);
    StreamSignal signal = new StreamSignal(options.runtime().newSignal());
    return new StreamContext(
        options, observer, signal, new Lifecycle(signal, observer, options.runtime()));
  }

  public StreamRuntime runtime() {
    return options.runtime();
  }

  /** Returns the time of day of a time in the runtime's nanoseconds. */
  public Instant timeOf(long nanos) {
    return runtime().now().minusNanos(runtime().nanoTime() - nanos);
  }

  /**
   * Waits until the condition holds, the time is over, or the stream is. Called only by the pulling
   * thread.
   *
   * @return whether the condition holds
   * @throws dev.perennial.StreamFailedException if the stream has failed
   * @throws dev.perennial.StreamClosedException if the stream is closed
   */
  public boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException {
    signal.await(() -> lifecycle.isOver() || condition.getAsBoolean(), timeout);
    lifecycle.check();
    return condition.getAsBoolean();
  }
}
