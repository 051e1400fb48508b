package dev.perennial.testkit;

import dev.perennial.port.Position;

/**
 * The position of an event in a {@link ScriptedClientSource}.
 *
 * @param value any number; the script decides whether later events have larger ones
 */
public record ScriptedPosition(long value) implements Position {

  @Override
  public String toString() {
    return "#" + value;
  }
}
