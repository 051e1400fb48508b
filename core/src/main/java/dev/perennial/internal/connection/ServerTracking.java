package dev.perennial.internal.connection;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.internal.window.RedeliveryFilter;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Connection;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.support.LogText;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tracking of a server-tracked source: the server knows where to resume, and acks go to the
 * live connection.
 */
public final class ServerTracking<E, P extends Position> implements SourceTracking<E, P> {

  private final ServerTrackedSource<E, P> source;
  private final Optional<RedeliveryFilter<E, P>> filter;
  private final Lifecycle lifecycle;
  private @Nullable P last;

  /**
   * Makes a tracking.
   *
   * @param filter the source of acks; empty if the stream acks nothing
   */
  public ServerTracking(
      ServerTrackedSource<E, P> source,
      Optional<RedeliveryFilter<E, P>> filter,
      Lifecycle lifecycle) {
    this.source = source;
    this.filter = filter;
    this.lifecycle = lifecycle;
  }

  @Override
  public StreamState firstState() {
    return StreamState.CONNECTING;
  }

  @Override
  public boolean claim(Deadline deadline) {
    return true;
  }

  @Override
  public boolean prepare(Deadline deadline) {
    return true;
  }

  @Override
  public Connection<E, P> connect() throws Exception {
    AckingConnection<E, P> connection = AdapterFault.required(source.connect(), source, "connect");
    if (filter.isPresent()) {
      filter.get().connected(connection);
    }
    return connection;
  }

  @Override
  public @Nullable Received<E, P> notice() {
    return null;
  }

  @Override
  public void received(P position) {
    last = position;
  }

  @Override
  public @Nullable P last() {
    return last;
  }

  @Override
  public void proved() {}

  @Override
  public boolean takesAcks() {
    return filter.isPresent();
  }

  @Override
  public void positionLost(Throwable cause) {
    lifecycle.fail(
        new StreamFailure(
            Reason.FATAL,
            "Cannot receive from "
                + source.name()
                + ": a classifier says that the position is lost, but the server keeps the position. Return"
                + " Verdict.retry() or Verdict.fatal() for "
                + LogText.reason(cause)
                + ".",
            cause,
            0,
            last));
  }
}
