package dev.perennial.testkit;

import dev.perennial.port.Position;
import java.util.Objects;

/**
 * The position of an event in a {@link ScriptedServerSource}. Positions are equal if their ids and
 * events are, on whatever connections the events arrived. A reused id with another event is another
 * position.
 */
public final class ScriptedServerPosition implements Position {

  private final long id;
  private final Object event;
  private final int connection;

  ScriptedServerPosition(long id, Object event, int connection) {
    this.id = id;
    this.event = event;
    this.connection = connection;
  }

  /** Returns the id that the server gave the event. */
  public long id() {
    return id;
  }

  /** Returns the number of the connection that the event arrived on, from 1. */
  public int connection() {
    return connection;
  }

  Object event() {
    return event;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ScriptedServerPosition that
        && id == that.id
        && event.equals(that.event);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, event);
  }

  @Override
  public String toString() {
    return "#" + id + " on connection " + connection;
  }
}
