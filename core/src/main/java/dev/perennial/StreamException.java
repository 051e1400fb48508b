package dev.perennial;

import dev.perennial.port.Position;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A stream is dead. {@code next()} and its kin throw it, again at each call. The stream hands out
 * nothing any more. Deliveries that are out can still be settled for {@link
 * EventStream#DEFAULT_CLOSE_TIMEOUT}; then, or as soon as all are settled, it makes its last save
 * and gives up its claim, so that a standby takes over. Later acks count for nothing, and {@link
 * StreamListener#onLateAck} is told of them.
 */
public final class StreamException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** Why a stream died. */
  public enum Reason {
    /** As many attempts to connect in a row as allowed have failed. */
    ATTEMPTS_EXHAUSTED("attempts-exhausted"),
    /** An error that trying again cannot help, or that no classifier knows. */
    FATAL("fatal"),
    /** The server no longer knows the position, and the source does not go on from another. */
    POSITION_LOST("position-lost"),
    /** The checkpoint could not be claimed, loaded, read or saved. */
    CHECKPOINT("checkpoint"),
    /** Somebody else has the claim. */
    CLAIM_LOST("claim-lost"),
    /** The handler threw. */
    HANDLER("handler"),
    /**
     * The thread was interrupted while an iterator waited. The only reason after which the stream
     * lives on.
     */
    INTERRUPTED("interrupted");

    private final String tag;

    Reason(String tag) {
      this.tag = tag;
    }

    /** A stable name, for logs, metrics and alerts. */
    public String tag() {
      return tag;
    }
  }

  private final Reason reason;
  private final int attempts;
  private final transient @Nullable Position lastPosition;

  /** Makes an exception; the engine does, and tests of applications may. */
  public StreamException(
      Reason reason,
      String message,
      @Nullable Throwable cause,
      int attempts,
      @Nullable Position lastPosition) {
    super(message, cause);
    this.reason = reason;
    this.attempts = attempts;
    this.lastPosition = lastPosition;
  }

  public Reason reason() {
    return reason;
  }

  /** How many attempts to connect had failed in a row. */
  public int attempts() {
    return attempts;
  }

  /** The position of the last event that was received, if there was one. */
  public Optional<Position> lastPosition() {
    return Optional.ofNullable(lastPosition);
  }
}
