package dev.perennial.testkit.simulation;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.CheckpointStore;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Tells of each checkpoint that is loaded, before it is saved, and when it is saved for certain.
 */
record WatchedStore(CheckpointStore store, Look look, MemoryShortages shortages)
    implements CheckpointStore {

  /** Is told of checkpoints. */
  interface Look {
    void claiming();

    void loaded(Checkpoint checkpoint);

    void saving(Checkpoint checkpoint);

    void saved(Checkpoint checkpoint);
  }

  @Override
  public Optional<CheckpointSlot> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    look.claiming();
    shortages.strike("a claim");
    return store.tryClaim(streamId, lost).map(Watched::new);
  }

  private final class Watched implements CheckpointSlot {

    private final CheckpointSlot slot;

    Watched(CheckpointSlot slot) {
      this.slot = slot;
    }

    @Override
    public Optional<Checkpoint> load() throws CheckpointException {
      shortages.strike("a load");
      Optional<Checkpoint> loaded = slot.load();
      loaded.ifPresent(look::loaded);
      return loaded;
    }

    @Override
    public void save(Checkpoint checkpoint) throws CheckpointException {
      look.saving(checkpoint);
      shortages.strike("a save");
      slot.save(checkpoint);
      shortages.strike("the answer to a save");
      look.saved(checkpoint);
    }

    @Override
    public void close() throws CheckpointException {
      slot.close();
    }
  }
}
