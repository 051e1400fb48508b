package dev.perennial.checkpoint.redis.internal;

import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import dev.perennial.port.CheckpointException;
import java.util.function.Consumer;

/**
 * Tells of what no call fails with.
 *
 * @param listener the application's, of which nobody knows whether it throws
 */
public record TroubleReporter(Consumer<CheckpointException> listener) {

  void tell(CheckpointException trouble) {
    try {
      listener.accept(trouble);
    } catch (Throwable e) {
      // Claims and checkpoints are more important than hearing of their trouble.
    }
  }

  void writtenAgain(Names names) {
    tell(
        CheckpointException.unavailable(
            ("The claim on the checkpoint of %s was gone from Redis, which has lost data, and was written again from"
                    + " memory together with the checkpoint. If this stream had died meanwhile, they would be lost. See"
                    + " that Redis keeps its data on disk and that its maxmemory-policy is noeviction.")
                .formatted(names),
            null));
  }
}
