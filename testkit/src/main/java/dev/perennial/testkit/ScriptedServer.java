package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A simulated server that tracks acks. It keeps each event until it is acked, sends new events at
 * once, and resends unacked events periodically and after a restart. As in the Tap protocol, ids
 * count up from the largest kept id, so they begin at 1 again after a restart with no events. Acks
 * written to a connection from before a restart are lost.
 *
 * <p>One server can make several sources, one after the other, like processes that connect to the
 * same server.
 *
 * @param <E> the type of the events
 */
public final class ScriptedServer<E> {

  private static final class Row<E> {
    final long id;
    final E event;
    boolean sent;

    Row(long id, E event) {
      this.id = id;
      this.event = event;
    }
  }

  private final StreamRuntime runtime;
  private final Duration redeliverEvery;
  // The lock of all fields below. Never held while the server calls the runtime.
  private final TreeMap<Long, Row<E>> rows = new TreeMap<>();
  private final TreeMap<Long, Row<E>> ackedOnlyInMemory = new TreeMap<>();
  private final List<Long> acked = new ArrayList<>();
  private @Nullable ScriptedConnection<E, ScriptedServerPosition> connection;

  /** The connections opened since the last restart. Acks on other connections are lost. */
  private final Set<ScriptedConnection<E, ScriptedServerPosition>> known = new HashSet<>();

  private boolean losesAcksAtRestart;
  private boolean ticking;
  private long lastId;

  /**
   * Makes a server.
   *
   * @param runtime the runtime whose time the server uses
   * @param redeliverEvery how often the server resends unacked events
   */
  public ScriptedServer(StreamRuntime runtime, Duration redeliverEvery) {
    this.runtime = runtime;
    this.redeliverEvery = redeliverEvery;
  }

  /** Makes a source that connects to this server, for a stream with the given runtime. */
  public ScriptedServerSource<E> source(StreamRuntime runtime) {
    return new ScriptedServerSource<>(runtime, this);
  }

  /** Makes the server keep acks only in memory, so that it resends acked events after a restart. */
  public ScriptedServer<E> losesAcksAtRestart() {
    losesAcksAtRestart = true;
    return this;
  }

  /** Adds an event and sends it. */
  public void emit(E event) {
    synchronized (rows) {
      Row<E> row = new Row<>(++lastId, event);
      rows.put(row.id, row);
    }
    sendUnsent();
  }

  /**
   * Cuts the connection. Events that the stream has not received are lost until they are resent.
   */
  public void cut(Exception cause) {
    end(cause, true);
  }

  /** Ends the connection after the stream has received everything that was sent. */
  public void disconnect(Exception cause) {
    end(cause, false);
  }

  /**
   * Restarts the server: cuts the connection and resends all kept events. Acks that are written to
   * the old connection are lost. The next id follows the largest kept id.
   */
  public void restart(Exception cause) {
    synchronized (rows) {
      known.clear();
      rows.putAll(ackedOnlyInMemory);
      ackedOnlyInMemory.clear();
      lastId = rows.isEmpty() ? 0 : rows.lastKey();
      rows.values().forEach(row -> row.sent = false);
    }
    end(cause, true);
  }

  /** Resends all unacked events now, as the server also does periodically. */
  public void redeliver() {
    synchronized (rows) {
      rows.values().forEach(row -> row.sent = false);
    }
    sendUnsent();
  }

  /** Returns the events that are not acked. */
  public List<E> unacked() {
    synchronized (rows) {
      return rows.values().stream().map(row -> row.event).toList();
    }
  }

  /** Returns the ids of the acks that arrived, in order, including unknown ids. */
  public List<Long> acked() {
    synchronized (rows) {
      return List.copyOf(acked);
    }
  }

  void attach(ScriptedConnection<E, ScriptedServerPosition> opened) {
    boolean startTicking;
    synchronized (rows) {
      connection = opened;
      known.add(opened);
      startTicking = !ticking;
      ticking = true;
    }
    if (startTicking) {
      runtime.schedule(redeliverEvery, this::tick);
    }
    sendUnsent();
  }

  void detach(ScriptedConnection<E, ScriptedServerPosition> closed) {
    synchronized (rows) {
      known.remove(closed);
      if (connection == closed) {
        connection = null;
      }
    }
  }

  void acked(ScriptedConnection<E, ScriptedServerPosition> by, long id) {
    synchronized (rows) {
      if (!known.contains(by)) {
        return;
      }
      acked.add(id);
      Row<E> row = rows.remove(id);
      if (row != null && losesAcksAtRestart) {
        ackedOnlyInMemory.put(id, row);
      }
    }
  }

  /** Returns whether the server keeps this event with this id. */
  boolean has(long id, Object event) {
    synchronized (rows) {
      Row<E> row = rows.get(id);
      return row != null && row.event.equals(event);
    }
  }

  private void tick() {
    synchronized (rows) {
      ticking = connection != null;
      if (!ticking) {
        // The next connection starts the timer again and gets all unacked events.
        rows.values().forEach(row -> row.sent = false);
        return;
      }
    }
    runtime.schedule(redeliverEvery, this::tick);
    redeliver();
  }

  private void end(Exception cause, boolean drop) {
    ScriptedConnection<E, ScriptedServerPosition> was;
    synchronized (rows) {
      was = connection;
      connection = null;
    }
    if (was != null) {
      if (drop) {
        was.dropUnreceived();
      }
      was.put(new ConnectionScript.Lose<>(cause));
    }
  }

  private void sendUnsent() {
    ScriptedConnection<E, ScriptedServerPosition> to;
    List<Row<E>> due;
    synchronized (rows) {
      to = connection;
      due = to == null ? List.of() : rows.values().stream().filter(row -> !row.sent).toList();
      due.forEach(row -> row.sent = true);
    }
    for (Row<E> row : due) {
      if (to != null) {
        to.put(new ConnectionScript.Event<>(row.id, row.event));
      }
    }
  }
}
