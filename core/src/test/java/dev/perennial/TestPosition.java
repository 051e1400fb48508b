package dev.perennial;

import dev.perennial.port.Position;

/** A position that is equal on all connections, like the position of a record event of Tap. */
public record TestPosition(long id, int connection) implements Position {

  public TestPosition(long id) {
    this(id, 0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TestPosition that && that.id == id;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(id);
  }

  @Override
  public String toString() {
    return id + "@" + connection;
  }
}
