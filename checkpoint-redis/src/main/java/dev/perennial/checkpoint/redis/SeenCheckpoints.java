package dev.perennial.checkpoint.redis;

import dev.perennial.checkpoint.redis.ClaimedHash.Names;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers which streams had a checkpoint, so that one that vanished is not taken for one that
 * never was: the stream would begin anew and miss what came meanwhile. Who deletes leaves a hash
 * behind, so what is gone altogether was lost. Safe for use from any thread.
 */
final class SeenCheckpoints {

  private final Duration patience;
  private final StreamRuntime runtime;

  /** By stream id: since when it is missing, if it is. */
  private final Map<String, Optional<Long>> seen = new ConcurrentHashMap<>();

  /**
   * Remembers nothing yet.
   *
   * @param patience how long whoever has the claim gets to write the checkpoint again
   */
  SeenCheckpoints(Duration patience, StreamRuntime runtime) {
    this.patience = patience;
    this.runtime = runtime;
  }

  boolean contains(String streamId) {
    return seen.containsKey(streamId);
  }

  /** Notes whether there is a checkpoint. */
  void is(String streamId, boolean there) {
    if (there) {
      seen.put(streamId, Optional.empty());
    } else {
      seen.remove(streamId);
    }
  }

  /**
   * Notes that there is nothing where a checkpoint was.
   *
   * @throws CheckpointException of kind CORRUPT if it has been so for too long
   */
  void vanished(String address, Names names) throws CheckpointException {
    long now = runtime.nanoTime();
    long since =
        seen.merge(
                names.streamId(), Optional.of(now), (old, first) -> old.isPresent() ? old : first)
            .orElse(now);
    if (now - since >= patience.toNanos()) {
      throw CheckpointException.corrupt(
          ("The checkpoint of %s was in %s and is gone: Redis has lost data, evicted it, or let it expire. Bring"
                  + " it back from a copy; or, to begin without it, delete it with this store, or start the program"
                  + " anew.")
              .formatted(names, address),
          null);
    }
  }
}
