package dev.perennial.testkit;

import dev.perennial.port.Position;
import java.util.Objects;

/**
 * Where an event is in a {@link ScriptedServerSource}. Two are equal when both the id and the event
 * are: an id that the server used again for another event is another position, and the same event
 * on another connection is the same.
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

  /** The server's number for the event. */
  public long id() {
    return id;
  }

  /** On which connection it was received, from 1. */
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
