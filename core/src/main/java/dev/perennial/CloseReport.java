package dev.perennial;

import dev.perennial.port.Position;
import java.util.Optional;

/**
 * What was done and what was not when a stream was closed. Of a stream that had failed more than
 * {@link EventStream#DEFAULT_CLOSE_TIMEOUT} before, what was done then.
 *
 * @param unacked how many deliveries were handed out or waiting and not acked; they come again with
 *     the next stream
 * @param oldestUnacked the position of the oldest of them; empty if there is none, and if a thread
 *     that was still inside the stream kept {@code close} from looking
 * @param unsent how many acks were never written to a connection; their events come again
 * @param checkpoint whether the newest checkpoint was saved
 * @param saveError why it was not, empty unless it is {@code NOT_SAVED}: what the store or the
 *     source's {@code encode} threw, why the claim was lost, or a {@link
 *     java.util.concurrent.TimeoutException} if the time was up before the store had answered
 */
public record CloseReport(
    int unacked,
    Optional<Position> oldestUnacked,
    int unsent,
    CheckpointOutcome checkpoint,
    Optional<Throwable> saveError) {

  /** A report of a stream that has saved all that there was to save. */
  public CloseReport(
      int unacked, Optional<Position> oldestUnacked, int unsent, CheckpointOutcome checkpoint) {
    this(unacked, oldestUnacked, unsent, checkpoint, Optional.empty());
  }

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
