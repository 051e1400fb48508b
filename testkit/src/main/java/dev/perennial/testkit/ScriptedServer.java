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
 * A server that tracks acks: it keeps each event until it is acked, sends what is new at once, and
 * sends again what has been unacked for a time, or what the server forgot to forget when it
 * restarts. Its ids are those of the Tap protocol: they count up from the largest that is kept, so
 * that a restart with nothing kept begins at 1 again. Acks written to a connection that was opened
 * before a restart never arrive, as with a server whose process is gone.
 *
 * <p>It outlives the sources that are made of it, which stand for the processes that connect to it
 * one after the other.
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
  // Guarded by itself, and never held while calling the runtime.
  private final TreeMap<Long, Row<E>> rows = new TreeMap<>();
  private final TreeMap<Long, Row<E>> ackedOnlyInMemory = new TreeMap<>();
  private final List<Long> acked = new ArrayList<>();
  private @Nullable ScriptedConnection<E, ScriptedServerPosition> connection;

  /** The connections opened since the last restart: acks of others never arrive. */
  private final Set<ScriptedConnection<E, ScriptedServerPosition>> known = new HashSet<>();

  private boolean losesAcksAtRestart;
  private boolean ticking;
  private long lastId;

  /**
   * Makes a server.
   *
   * @param runtime its time
   * @param redeliverEvery how often it sends everything again that is sent and not acked
   */
  public ScriptedServer(StreamRuntime runtime, Duration redeliverEvery) {
    this.runtime = runtime;
    this.redeliverEvery = redeliverEvery;
  }

  /** Makes a source that connects to this server, for a stream with the given runtime. */
  public ScriptedServerSource<E> source(StreamRuntime runtime) {
    return new ScriptedServerSource<>(runtime, this);
  }

  /** Keeps acks in memory only, so that a restart sends the events again. */
  public ScriptedServer<E> losesAcksAtRestart() {
    losesAcksAtRestart = true;
    return this;
  }

  /** A new event. */
  public void emit(E event) {
    synchronized (rows) {
      Row<E> row = new Row<>(++lastId, event);
      rows.put(row.id, row);
    }
    sendUnsent();
  }

  /** Cuts the connection: what was sent and not received is lost until it is sent again. */
  public void cut(Exception cause) {
    end(cause, true);
  }

  /** Ends the connection in order: what was sent is received first. */
  public void disconnect(Exception cause) {
    end(cause, false);
  }

  /**
   * Restarts: the connection is cut, acks that are still written to it are lost, ids go on after
   * the largest that is kept, and what is kept is sent at once.
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

  /** Sends everything again that is sent and not acked, as it does by itself from time to time. */
  public void redeliver() {
    synchronized (rows) {
      rows.values().forEach(row -> row.sent = false);
    }
    sendUnsent();
  }

  /** The events that were not acked. */
  public List<E> unacked() {
    synchronized (rows) {
      return rows.values().stream().map(row -> row.event).toList();
    }
  }

  /** The ids of the acks that arrived, in order, those of unknown ids included. */
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

  /** Whether that event is kept under that id. */
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
        // The next connection begins anew; until then nothing is sent, but what was is due again.
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
