package dev.perennial.internal.window;

import dev.perennial.TestPosition;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Received;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A connection that records acks. */
final class RecordingConnection implements AckingConnection<String, TestPosition> {

  final int number;
  final Queue<TestPosition> acknowledged = new ConcurrentLinkedQueue<>();

  private final AtomicReference<@Nullable Error> failure = new AtomicReference<>();

  RecordingConnection(int number) {
    this.number = number;
  }

  @Override
  public void acknowledge(TestPosition position) {
    Error error = failure.getAndSet(null);
    if (error != null) {
      throw error;
    }
    acknowledged.add(position);
  }

  /** Makes the next call of {@code acknowledge} throw. */
  void failNext(Error error) {
    failure.set(error);
  }

  @Override
  public int unsent() {
    return 0;
  }

  @Override
  public Received<String, TestPosition> receive(Duration timeout) {
    throw new AssertionError("the filter does not receive");
  }

  @Override
  public void close(Duration flush) {}
}
