package dev.perennial;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;

/** Checkpoints of positions that only have to be told apart. */
public final class TestCheckpoints {

  private TestCheckpoints() {}

  /** The checkpoint of a position. */
  public static Checkpoint encode(Position position) {
    return new Checkpoint("test", "", position.toString());
  }
}
