package dev.perennial.testkit.simulation;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.util.Optional;
import java.util.function.Consumer;

/** A store that reports each load, and each save before and after it, to a listener. */
record WatchedStore(CheckpointStore store, Listener listener, MemoryShortages shortages)
    implements CheckpointStore {

  /** A listener to the calls of a stream to its store. */
  interface Listener {
    void claiming();

    void loaded(Checkpoint checkpoint);

    void saving(Checkpoint checkpoint);

    void saved(Checkpoint checkpoint);
  }

  @Override
  public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    listener.claiming();
    shortages.maybeThrow("a claim");
    return store.tryClaim(streamId, lost).map(Watched::new);
  }

  private final class Watched implements CheckpointClaim {

    private final CheckpointClaim claim;

    Watched(CheckpointClaim claim) {
      this.claim = claim;
    }

    @Override
    public Optional<Checkpoint> load() throws CheckpointException {
      shortages.maybeThrow("a load");
      Optional<Checkpoint> loaded = claim.load();
      loaded.ifPresent(listener::loaded);
      return loaded;
    }

    @Override
    public void save(Checkpoint checkpoint) throws CheckpointException {
      listener.saving(checkpoint);
      shortages.maybeThrow("a save");
      claim.save(checkpoint);
      shortages.maybeThrow("the reply to a save");
      listener.saved(checkpoint);
    }

    @Override
    public void close() throws CheckpointException {
      claim.close();
    }
  }
}
