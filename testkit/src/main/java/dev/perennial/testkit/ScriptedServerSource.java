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
 * A server-tracked source that follows a script. Acks that no connection wrote, and those of events
 * that came on an earlier connection, are kept, and written as soon as a connection has nothing to
 * give; not if their event has come again by then, because the stream acks the copy. For a server
 * that remembers what is unacked and sends it again, see {@link ScriptedServer}.
 *
 * @param <E> the type of the events, whose {@code equals} tells an event that comes again from
 *     another one
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

  /** The acks that no connection has written. */
  private final Set<ScriptedServerPosition> kept = new LinkedHashSet<>();

  private final @Nullable ScriptedServer<E> server;
  private Duration horizon = Duration.ofMinutes(3);

  /** Makes a source whose every {@code connect} succeeds and stays silent. */
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

  /** How long after its ack an event may come again: 3 minutes unless set. */
  public ScriptedServerSource<E> redeliveryHorizon(Duration horizon) {
    this.horizon = horizon;
    return this;
  }

  /** The acks that were written, in order. */
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
            new AckBook(),
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

  private final class AckBook implements ScriptedConnection.AckTaker<E, ScriptedServerPosition> {

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

    /** A server that was restarted may use the id of an ack again, for another event. */
    @Override
    public List<ScriptedServerPosition> passOn() {
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
    public int kept() {
      synchronized (acks) {
        return kept.size();
      }
    }
  }
}
