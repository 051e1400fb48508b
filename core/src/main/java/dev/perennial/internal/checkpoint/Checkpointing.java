package dev.perennial.internal.checkpoint;

import dev.perennial.internal.stream.Deadline;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a stream has for its checkpoint. Safe for use from any thread. */
public interface Checkpointing {

  /** Requests a save if the watermark has moved. Throws nothing. */
  void requestSave();

  /** Begins to save what there is. Throws nothing. */
  void saveNow();

  /**
   * Tries to save all that there is until it is saved, it cannot be, or the time is over. Does not
   * wait for a save that waits for the caller.
   */
  void flush(Deadline deadline);

  /** What became of the newest checkpoint. */
  SaveResult result();

  /** Whether there is a claim to give up, held or not. */
  boolean hasClaim();

  /**
   * Gives the claim up, if there is one, after the saves that are under way or asked for, and
   * leaves no timer behind. Idempotent; a later call asks again if no thread could be had for it.
   *
   * @param released run once, when that is done
   */
  void release(Runnable released);

  /** Whether the caller is in a call that saves wait for, and so must not wait for one. */
  boolean isHeldUpByCaller();

  Optional<Instant> lastSave();

  /**
   * What the store last failed with, in claiming, loading or saving; null once that succeeded, and
   * if nothing failed.
   */
  @Nullable Throwable lastError();

  /**
   * What a stream that is not live waits for here, to follow "waits for", such as {@code checkpoint
   * "orders" to be saved}; empty if it waits for nothing of the checkpoint.
   */
  Optional<String> awaited();
}
