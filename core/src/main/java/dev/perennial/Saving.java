package dev.perennial;

import dev.perennial.CloseReport.CheckpointOutcome;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a stream has for its checkpoint. Safe for use from any thread. */
interface Saving {

  /** Notes that the watermark may have moved. */
  void moved();

  /** Begins to save what there is. */
  void saveNow();

  /**
   * Tries to save all that there is until it is saved, it cannot be, or the time is over. Does not
   * wait for a save that waits for the caller.
   */
  CheckpointOutcome flush(Deadline deadline);

  CheckpointOutcome outcome();

  /** Whether there is a claim to give up, held or not. */
  boolean hasClaim();

  /**
   * Gives the claim up, if there is one, after the saves that are under way.
   *
   * @param released run when that is done
   */
  void release(Runnable released);

  /** Whether the caller is in a call that saves wait for, and so must not wait for one. */
  boolean isHeldUpByCaller();

  Optional<Instant> lastSave();

  /** The error of the last call of the store; null if none was made, or it succeeded. */
  @Nullable Throwable lastError();

  /** What a dead stream keeps until it is closed, for its errors; empty if nothing. */
  String kept();
}
