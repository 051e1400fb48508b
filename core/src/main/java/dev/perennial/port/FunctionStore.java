package dev.perennial.port;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The store that {@link CheckpointStore#of} makes of two functions. */
final class FunctionStore implements CheckpointStore {

  private final Load load;
  private final Save save;
  private final Set<String> claimed = ConcurrentHashMap.newKeySet();

  FunctionStore(Load load, Save save) {
    this.load = load;
    this.save = save;
  }

  @Override
  public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost) {
    return claimed.add(streamId) ? Optional.of(new GrantedClaim(streamId)) : Optional.empty();
  }

  private final class GrantedClaim implements CheckpointClaim {

    private final String streamId;
    private final AtomicBoolean open = new AtomicBoolean(true);

    GrantedClaim(String streamId) {
      this.streamId = streamId;
    }

    @Override
    public Optional<Checkpoint> load() throws CheckpointException {
      try {
        return load.load(streamId);
      } catch (Exception e) {
        throw asCheckpointException("load", e);
      }
    }

    @Override
    public void save(Checkpoint checkpoint) throws CheckpointException {
      try {
        save.save(streamId, checkpoint);
      } catch (Exception e) {
        throw asCheckpointException("save", e);
      }
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        claimed.remove(streamId);
      }
    }

    private CheckpointException asCheckpointException(String action, Exception e) {
      if (e instanceof CheckpointException known) {
        return known;
      }
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return CheckpointException.unavailable(
          "Cannot %s checkpoint \"%s\": the %s function given to CheckpointStore.of() failed. See the cause."
              .formatted(action, streamId, action),
          e);
    }
  }
}
