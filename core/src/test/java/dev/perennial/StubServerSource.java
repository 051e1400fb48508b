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

/** A source whose connections give what a function gives. It remembers acks. */
public final class StubServerSource implements ServerTrackedSource<String, TestPosition> {

  /** What one connection gives. */
  @FunctionalInterface
  public interface Feed {
    /** As the method of the same name of a connection. */
    Received<String, TestPosition> receive() throws Exception;
  }

  private final SourceBinding binding = new SourceBinding();
  private final Supplier<Feed> connections;
  private final List<Long> acknowledged = new ArrayList<>();

  /** A source that asks the supplier at each connect. */
  public StubServerSource(Supplier<Feed> connections) {
    this.connections = connections;
  }

  /** The ids of what was acknowledged, in order. */
  public List<Long> acknowledged() {
    return acknowledged;
  }

  @Override
  public AckingConnection<String, TestPosition> connect() {
    Feed feed = connections.get();
    return new AckingConnection<>() {
      @Override
      public Received<String, TestPosition> receive(Duration timeout) throws Exception {
        return feed.receive();
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
