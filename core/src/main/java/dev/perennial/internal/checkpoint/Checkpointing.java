package dev.perennial.internal.checkpoint;

import dev.perennial.internal.stream.Deadline;
import java.time.Instant;
import java.util.Optional;

/**
 * The checkpoint of one stream, as the rest of the engine sees it. Safe for use from any thread.
 */
public interface Checkpointing {

  /** Requests a save if one is due. Called after the window has counted an ack. Throws nothing. */
  void acked();

  /** Counts progress without an event, and requests a save if one is due. Throws nothing. */
  void progressed();

  /** Starts to save the newest watermark. Throws nothing. */
  void saveNow();

  /**
   * Saves until the newest watermark is saved, cannot be saved, or the time is over. Does not wait
   * if {@link #isHeldUpByCaller()}.
   */
  void flush(Deadline deadline);

  /** Returns what became of the newest checkpoint. */
  SaveResult result();

  /** Returns whether the stream keeps a checkpoint, and so a claim that is to be released. */
  boolean keepsClaim();

  /**
   * Releases the claim after the saves that are running or requested, and cancels all timers.
   * Idempotent: a later call requests the release again if there was no thread for it.
   *
   * @param released run once after the release
   */
  void release(Runnable released);

  /** Returns whether the caller blocks the store's executor; it must then not wait for a save. */
  boolean isHeldUpByCaller();

  Optional<Instant> lastSave();
}
