package dev.perennial.testkit.simulation;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.CheckpointStore;
import java.util.Optional;
import java.util.function.Consumer;

/** Looks at each checkpoint before it reaches the store. */
record WatchedStore(CheckpointStore store, Consumer<Checkpoint> look) implements CheckpointStore {

  @Override
  public Optional<CheckpointSlot> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    return store.tryClaim(streamId, lost).map(Watched::new);
  }

  private final class Watched implements CheckpointSlot {

    private final CheckpointSlot slot;

    Watched(CheckpointSlot slot) {
      this.slot = slot;
    }

    @Override
    public Optional<Checkpoint> load() throws CheckpointException {
      return slot.load();
    }

    @Override
    public void save(Checkpoint checkpoint) throws CheckpointException {
      look.accept(checkpoint);
      slot.save(checkpoint);
    }

    @Override
    public void close() throws CheckpointException {
      slot.close();
    }
  }
}
