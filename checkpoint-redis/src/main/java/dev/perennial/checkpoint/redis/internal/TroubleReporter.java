package dev.perennial.checkpoint.redis.internal;

import dev.perennial.checkpoint.redis.internal.ClaimedHash.Names;
import dev.perennial.port.CheckpointException;
import java.util.function.Consumer;

/**
 * The reporter of problems that make no call fail.
 *
 * @param listener the application's listener, which may throw
 */
public record TroubleReporter(Consumer<CheckpointException> listener) {

  void report(CheckpointException trouble) {
    try {
      listener.accept(trouble);
    } catch (Throwable e) {
      // A listener that fails must not stop saves and renewals.
    }
  }

  void reportRestored(Names names) {
    report(
        CheckpointException.unavailable(
            ("Lost the claim on checkpoint %s in Redis, which has lost data: the stream wrote both again from memory."
                    + " Check that Redis keeps its data on disk and that its maxmemory-policy is noeviction.")
                .formatted(names),
            null));
  }
}
