package dev.perennial;

import dev.perennial.CloseReport.CheckpointOutcome;
import java.util.Optional;

/**
 * What became of the newest checkpoint, and why.
 *
 * @param error why it is not saved; empty unless it is not
 */
record SaveResult(CheckpointOutcome outcome, Optional<Throwable> error) {

  static final SaveResult NONE = new SaveResult(CheckpointOutcome.NONE, Optional.empty());
  static final SaveResult SAVED = new SaveResult(CheckpointOutcome.SAVED, Optional.empty());

  static SaveResult notSaved(Throwable error) {
    return new SaveResult(CheckpointOutcome.NOT_SAVED, Optional.of(error));
  }
}
