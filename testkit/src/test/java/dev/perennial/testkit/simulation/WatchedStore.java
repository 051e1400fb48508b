package dev.perennial.testkit.simulation;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
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
  public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    look.claiming();
    shortages.strike("a claim");
    return store.tryClaim(streamId, lost).map(Watched::new);
  }

  private final class Watched implements CheckpointClaim {

    private final CheckpointClaim claim;

    Watched(CheckpointClaim claim) {
      this.claim = claim;
    }

    @Override
    public Optional<Checkpoint> load() throws CheckpointException {
      shortages.strike("a load");
      Optional<Checkpoint> loaded = claim.load();
      loaded.ifPresent(look::loaded);
      return loaded;
    }

    @Override
    public void save(Checkpoint checkpoint) throws CheckpointException {
      look.saving(checkpoint);
      shortages.strike("a save");
      claim.save(checkpoint);
      shortages.strike("the answer to a save");
      look.saved(checkpoint);
    }

    @Override
    public void close() throws CheckpointException {
      claim.close();
    }
  }
}
