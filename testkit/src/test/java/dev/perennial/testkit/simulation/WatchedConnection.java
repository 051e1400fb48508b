package dev.perennial.testkit.simulation;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Tells the watch what a connection gives, and how it ends. */
record WatchedConnection<P extends Position>(
    Connection<Object, P> connection, ConnectionChecks<P> watch, MemoryShortages shortages)
    implements AckingConnection<Object, P> {

  @Override
  public @Nullable Received<Object, P> receive(Duration timeout) throws Exception {
    Received<Object, P> received;
    try {
      received = connection.receive(timeout);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      watch.failed();
      throw e;
    }
    if (received != null) {
      watch.received(received);
    }
    return received;
  }

  @Override
  public void wakeUp() {
    connection.wakeUp();
  }

  @Override
  public void close(Duration flush) throws IOException, InterruptedException {
    watch.closing();
    connection.close(flush);
  }

  @Override
  public void acknowledge(P position) {
    watch.acknowledging(position);
    shortages.strike("an ack");
    ((AckingConnection<Object, P>) connection).acknowledge(position);
  }

  @Override
  public int unsent() {
    return ((AckingConnection<Object, P>) connection).unsent();
  }
}
