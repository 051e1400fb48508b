package dev.perennial;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;

/** Checkpoints for tests that compare them but never decode them. */
public final class TestCheckpoints {

  private TestCheckpoints() {}

  /** Returns a checkpoint that contains the text of the position. */
  public static Checkpoint encode(Position position) {
    return new Checkpoint("test", "", position.toString());
  }
}
