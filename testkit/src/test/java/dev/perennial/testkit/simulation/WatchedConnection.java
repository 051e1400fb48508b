package dev.perennial.testkit.simulation;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection that reports what it receives and how it ends to {@link ConnectionChecks}. */
record WatchedConnection<P extends Position>(
    Connection<Object, P> connection,
    ConnectionChecks<P> connectionChecks,
    MemoryShortages shortages)
    implements AckingConnection<Object, P> {

  @Override
  public @Nullable Received<Object, P> receive(Duration timeout) throws Exception {
    Received<Object, P> received;
    connectionChecks.receiving(timeout);
    try {
      received = connection.receive(timeout);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      connectionChecks.failed();
      throw e;
    } finally {
      connectionChecks.receiveEnded();
    }
    if (received != null) {
      connectionChecks.received(received);
    }
    return received;
  }

  @Override
  public void wakeUp() {
    connection.wakeUp();
  }

  @Override
  public void close(Duration flush) throws IOException, InterruptedException {
    connectionChecks.closing();
    connection.close(flush);
  }

  @Override
  public void acknowledge(P position) {
    connectionChecks.acknowledging(position);
    shortages.maybeThrow("an ack");
    ((AckingConnection<Object, P>) connection).acknowledge(position);
  }

  @Override
  public int unsent() {
    return ((AckingConnection<Object, P>) connection).unsent();
  }
}
