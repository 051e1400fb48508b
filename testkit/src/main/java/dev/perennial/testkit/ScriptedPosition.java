package dev.perennial.testkit;

import dev.perennial.port.Position;

/**
 * Where an event is in a {@link ScriptedClientSource}.
 *
 * @param value any number; that later events have larger ones is up to the script
 */
public record ScriptedPosition(long value) implements Position {

  @Override
  public String toString() {
    return "#" + value;
  }
}
