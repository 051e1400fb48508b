package dev.perennial.internal.connection;

import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An open connection and its age. Errors of the connection are logged and do no harm, except those
 * of {@code receive}, which end it. Only the pulling thread notes and asks whether it has proved
 * itself.
 */
public final class OpenConnection<E, P extends Position> {

  private final Connection<E, P> connection;
  private final long since;
  private final StreamObserver observer;
  private boolean proved;
  private boolean closed;

  /** The error after which it gives nothing more; null while it works. */
  private @Nullable Throwable broken;

  public OpenConnection(Connection<E, P> connection, long since, StreamObserver observer) {
    this.connection = connection;
    this.since = since;
    this.observer = observer;
  }

  /** Returns what comes next, and refuses what a connection must not return. */
  public @Nullable Received<E, P> receive(Duration timeout) throws Exception {
    Received<E, P> received = connection.receive(timeout);
    if (received instanceof Received.Event<E, P> event) {
      AdapterFault.requirePosition(event.position(), connection);
      if (event.event() == null) {
        throw AdapterFault.returned("no event at " + event.position(), connection, "receive");
      }
    } else if (received instanceof Received.Progress<E, P> progress) {
      AdapterFault.requirePosition(progress.position(), connection);
    }
    return received;
  }

  /** Notes that the connection is broken. */
  public void broke(Throwable cause) {
    broken = cause;
  }

  public @Nullable Throwable brokenBy() {
    return broken;
  }

  public Duration age(long now) {
    return Duration.ofNanos(now - since);
  }

  /** Notes that the connection has proved itself. Returns false if that was known. */
  public boolean prove() {
    boolean first = !proved;
    proved = true;
    return first;
  }

  public boolean isProved() {
    return proved;
  }

  /** Ends a blocked receive. If this fails, receive returns by itself a little later. */
  public void wakeUp() {
    try {
      connection.wakeUp();
    } catch (Throwable e) {
      observer.wakeUpFailed(e);
    }
  }

  /** Returns how many acks it accepted and has not written; 0 if it cannot say. */
  public int unsent() {
    try {
      return connection instanceof AckingConnection<E, P> acking ? acking.unsent() : 0;
    } catch (Throwable e) {
      observer.unsentFailed(e);
      return 0;
    }
  }

  /** Closes the connection, once, and keeps an interrupt. Returns false if it was closed before. */
  public boolean closeQuietly(Duration flush) {
    if (closed) {
      return false;
    }
    closed = true;
    closeQuietly(connection, flush, observer);
    return true;
  }

  /** Closes a connection and keeps an interrupt. */
  public static void closeQuietly(
      Connection<?, ?> connection, Duration flush, StreamObserver observer) {
    try {
      connection.close(flush);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      observer.closeFailed("a connection", e);
    }
  }
}
