package dev.perennial;

import dev.perennial.port.Position;
import java.util.Optional;

/**
 * What closing a stream did and did not do. For a stream that had failed more than {@link
 * EventStream#DEFAULT_CLOSE_TIMEOUT} before, what it did then. Immutable. Only the library
 * implements it, and it may grow; for tests, the testkit makes one.
 */
public interface CloseReport {

  /**
   * Returns how many deliveries were handed out or waiting and not acked. The next run delivers
   * them again.
   */
  int unacked();

  /** Returns the position of the oldest of them; empty if there is none. */
  Optional<Position> oldestUnacked();

  /**
   * Returns how many handlers still ran when {@code close} returned, among them one that called it.
   * What they ack from then on does not count.
   */
  int handlersRunning();

  /**
   * Returns how many acks were never written to a connection. The server sends their events again.
   */
  int unsent();

  /** Returns whether the newest checkpoint was saved. */
  CheckpointOutcome checkpoint();

  /**
   * Returns why the newest checkpoint was not saved. Empty unless it is {@code NOT_SAVED}. It is
   * the error of the store or of the source's {@code encode}, the loss of the claim, or a {@link
   * java.util.concurrent.TimeoutException} if the store had not answered in time.
   */
  Optional<Throwable> saveError();

  /** What became of the newest checkpoint. */
  enum CheckpointOutcome {
    /** The stream keeps no checkpoint, or has nothing to save. */
    NONE,
    /** Everything that was acked in order is saved. */
    SAVED,
    /**
     * The newest checkpoint was not saved. The next run delivers again the events that were acked
     * since the last save.
     */
    NOT_SAVED
  }
}
