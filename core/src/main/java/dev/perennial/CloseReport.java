package dev.perennial;

import dev.perennial.port.Position;
import java.util.Optional;

/**
 * What closing a stream did and did not do. For a stream that had failed more than {@link
 * EventStream#DEFAULT_CLOSE_TIMEOUT} before, what it did then.
 *
 * @param unacked how many deliveries were handed out or waiting and not acked; the next run
 *     delivers them again
 * @param oldestUnacked the position of the oldest of them; empty if there is none, or if a thread
 *     that was still inside the stream kept {@code close} from reading it
 * @param unsent how many acks were never written to a connection; the server sends their events
 *     again
 * @param checkpoint whether the newest checkpoint was saved
 * @param saveError why it was not saved, empty unless it is {@code NOT_SAVED}: the error of the
 *     store or of the source's {@code encode}, the loss of the claim, or a {@link
 *     java.util.concurrent.TimeoutException} if the store had not answered in time
 */
public record CloseReport(
    int unacked,
    Optional<Position> oldestUnacked,
    int unsent,
    CheckpointOutcome checkpoint,
    Optional<Throwable> saveError) {

  /** Makes a report without a save error. */
  public CloseReport(
      int unacked, Optional<Position> oldestUnacked, int unsent, CheckpointOutcome checkpoint) {
    this(unacked, oldestUnacked, unsent, checkpoint, Optional.empty());
  }

  /** What became of the newest checkpoint. */
  public enum CheckpointOutcome {
    /** The stream keeps no checkpoint, or has nothing to save. */
    NONE,
    /** Everything that was acked in order is saved. */
    SAVED,
    /**
     * The newest checkpoint was not saved in time, or could not be saved: its events are delivered
     * again.
     */
    NOT_SAVED
  }
}
