package dev.perennial;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Received;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.support.ErrorClassifiers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A server-tracked source whose connections call a function to receive. It records acks. */
public final class StubServerSource implements ServerTrackedSource<String, TestPosition> {

  /** The {@code receive} method of one connection. */
  @FunctionalInterface
  public interface Receiver {
    Received<String, TestPosition> receive() throws Exception;
  }

  private final SourceBinding binding = new SourceBinding();
  private final Supplier<Receiver> receivers;
  private final List<Long> acknowledged = new ArrayList<>();

  /** Makes a source that gets a receiver for each connection. */
  public StubServerSource(Supplier<Receiver> receivers) {
    this.receivers = receivers;
  }

  /** Returns the ids of the acknowledged events, in order. */
  public List<Long> acknowledged() {
    return acknowledged;
  }

  @Override
  public AckingConnection<String, TestPosition> connect() {
    Receiver receiver = receivers.get();
    return new AckingConnection<>() {
      @Override
      public Received<String, TestPosition> receive(Duration timeout) throws Exception {
        return receiver.receive();
      }

      @Override
      public void acknowledge(TestPosition position) {
        acknowledged.add(position.id());
      }

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
    return Duration.ofHours(1);
  }

  @Override
  public SourceBinding binding() {
    return binding;
  }

  @Override
  public String name() {
    return "test";
  }

  @Override
  public ErrorClassifier errors() {
    return ErrorClassifiers.network();
  }
}
