package dev.perennial.testkit.engine;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointStore;
import java.util.Optional;

/** Stores of two functions. */
final class FunctionStores {

  private FunctionStores() {}

  /** One that holds a checkpoint and keeps nothing. */
  static CheckpointStore one(Checkpoint checkpoint) {
    return CheckpointStore.of(id -> Optional.of(checkpoint), (id, saved) -> {});
  }
}
