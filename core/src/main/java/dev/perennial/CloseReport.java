package dev.perennial;

import dev.perennial.port.Position;
import java.util.Optional;

/**
 * What was done and what was not when a stream was closed.
 *
 * @param unacked how many deliveries were handed out or waiting and not acked; they come again with
 *     the next stream
 * @param oldestUnacked the position of the oldest of them
 * @param unsent how many acks were never written to a connection; their events come again
 * @param checkpoint whether the newest checkpoint was saved
 */
public record CloseReport(
    int unacked, Optional<Position> oldestUnacked, int unsent, CheckpointOutcome checkpoint) {

  /** What became of the newest checkpoint. */
  public enum CheckpointOutcome {
    /** The stream keeps no checkpoint, or there was nothing to save. */
    NONE,
    /** Everything that was acked in order is saved. */
    SAVED,
    /** The newest checkpoint was not saved in time or could not be: what it covers comes again. */
    NOT_SAVED
  }
}
