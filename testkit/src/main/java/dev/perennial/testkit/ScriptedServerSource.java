package dev.perennial.testkit;

import dev.perennial.port.AckingConnection;
import dev.perennial.port.ServerTrackedSource;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server-tracked source that follows a script. It keeps acks that no connection wrote, and acks
 * of events of earlier connections, and writes them when a connection is idle. It drops a kept ack
 * if the event is redelivered first, because the stream then acks the redelivery. {@link
 * ScriptedServer} makes sources that also redeliver unacked events.
 *
 * @param <E> the type of the events, whose {@code equals} recognizes a redelivered event
 */
public final class ScriptedServerSource<E>
    extends ScriptedSource<E, ScriptedServerPosition, ScriptedServerSource<E>>
    implements ServerTrackedSource<E, ScriptedServerPosition> {

  /**
   * An ack that a connection wrote.
   *
   * @param connection the number of the connection
   * @param id the id of the event
   */
  public record Ack(int connection, long id) {}

  private final List<Ack> acks = new ArrayList<>();

  /** The acks that wait until a connection is idle. */
  private final Set<ScriptedServerPosition> kept = new LinkedHashSet<>();

  private final @Nullable ScriptedServer<E> server;
  private Duration horizon = Duration.ofMinutes(3);

  /** Makes a source. Without a script, each {@code connect} opens a silent connection. */
  public ScriptedServerSource(StreamRuntime runtime) {
    this(runtime, null);
  }

  ScriptedServerSource(StreamRuntime runtime, @Nullable ScriptedServer<E> server) {
    super(runtime);
    this.server = server;
  }

  @Override
  ScriptedServerSource<E> self() {
    return this;
  }

  /** Sets how long after its ack an event may be redelivered. Default: 3 minutes. */
  public ScriptedServerSource<E> redeliveryHorizon(Duration horizon) {
    this.horizon = horizon;
    return this;
  }

  /** Returns the acks that connections wrote, in order. */
  public List<Ack> acks() {
    synchronized (acks) {
      return List.copyOf(acks);
    }
  }

  @Override
  public AckingConnection<E, ScriptedServerPosition> connect() throws Exception {
    return connectAfter(Optional.empty());
  }

  @Override
  public Duration redeliveryHorizon() {
    return horizon;
  }

  @Override
  ScriptedConnection<E, ScriptedServerPosition> open(int number, ConnectionScript<E> script) {
    ScriptedConnection<E, ScriptedServerPosition> opened =
        new ScriptedConnection<>(
            number,
            script,
            contract(),
            runtime(),
            (id, event) ->
                new ScriptedServerPosition(id, event == null ? "progress" : event, number),
            position -> position.connection() == number,
            new AckKeeper(),
            this::connectionClosed);
    if (server != null) {
      server.attach(opened);
    }
    return opened;
  }

  @Override
  void connectionClosed(ScriptedConnection<E, ScriptedServerPosition> was) {
    super.connectionClosed(was);
    if (server != null) {
      server.detach(was);
    }
  }

  private final class AckKeeper
      implements ScriptedConnection.AckRecorder<E, ScriptedServerPosition> {

    @Override
    public void written(
        ScriptedConnection<E, ScriptedServerPosition> connection, ScriptedServerPosition position) {
      synchronized (acks) {
        acks.add(new Ack(connection.number(), position.id()));
      }
      if (server != null) {
        server.acked(connection, position.id());
      }
    }

    @Override
    public void keep(ScriptedServerPosition position) {
      synchronized (acks) {
        kept.add(position);
      }
    }

    @Override
    public void received(ScriptedServerPosition position) {
      synchronized (acks) {
        kept.remove(position);
      }
    }

    /** Drops acks whose id a restarted server has reused for another event. */
    @Override
    public List<ScriptedServerPosition> takeKept() {
      synchronized (acks) {
        List<ScriptedServerPosition> all =
            kept.stream()
                .filter(position -> server == null || server.has(position.id(), position.event()))
                .toList();
        kept.clear();
        return all;
      }
    }

    @Override
    public int keptCount() {
      synchronized (acks) {
        return kept.size();
      }
    }
  }
}
