package dev.perennial.benchmarks;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Received;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import java.time.Duration;

/**
 * A server-tracked source that costs next to nothing: an event is always there, and acks go
 * nowhere. Since a position may come only once, each event is made anew, in 40 bytes.
 */
final class FreeServerSource implements ServerTrackedSource<Object, Place> {
  private final SourceBinding binding = new SourceBinding();

  private final Object payload = new Object();
  private final long limit;
  private long next;

  /** Makes a source without end. */
  FreeServerSource() {
    this(Long.MAX_VALUE);
  }

  /** Makes a source that ends after a number of events. */
  FreeServerSource(long limit) {
    this.limit = limit;
  }

  @Override
  public AckingConnection<Object, Place> connect() {
    return new AckingConnection<>() {
      @Override
      public Received<Object, Place> receive(Duration timeout) {
        return next == limit ? Received.end() : Received.event(payload, new Place(next++));
      }

      @Override
      public void acknowledge(Place position) {}

      @Override
      public int unsent() {
        return 0;
      }

      @Override
      public void close(Duration flush) {}
    };
  }

  @Override
  public Duration redeliveryHorizon() {
    return Duration.ofMinutes(3);
  }

  @Override
  public SourceBinding binding() {
    return binding;
  }

  @Override
  public String name() {
    return "free";
  }

  @Override
  public ErrorClassifier errors() {
    return ErrorClassifier.none();
  }
}
