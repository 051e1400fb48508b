package dev.perennial.internal.checkpoint;

import dev.perennial.CloseReport.CheckpointOutcome;
import java.util.Optional;

/**
 * The outcome of the newest checkpoint.
 *
 * @param error why it is not saved; empty unless it is not
 */
public record SaveResult(CheckpointOutcome outcome, Optional<Throwable> error) {

  public static final SaveResult NONE = new SaveResult(CheckpointOutcome.NONE, Optional.empty());
  public static final SaveResult SAVED = new SaveResult(CheckpointOutcome.SAVED, Optional.empty());

  public static SaveResult notSaved(Throwable error) {
    return new SaveResult(CheckpointOutcome.NOT_SAVED, Optional.of(error));
  }
}
