package dev.perennial;

import dev.perennial.port.Position;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Thrown when a stream has failed, at every call that asks for events. The stream hands out nothing
 * more. Its deliveries can still be settled for {@link EventStream#DEFAULT_CLOSE_TIMEOUT}; then, or
 * as soon as none is left, it makes its last save and releases its claim, so that a standby takes
 * over. Later acks do not count and are reported to {@link StreamListener#onLateAck}.
 */
public final class StreamFailedException extends StreamException {

  private static final long serialVersionUID = 1;

  /** Why a stream failed. */
  public enum Reason {
    /** As many connection attempts in a row have failed as allowed. */
    ATTEMPTS_EXHAUSTED("attempts-exhausted"),
    /** An error that a retry cannot help, or that no classifier knows. */
    FATAL("fatal"),
    /** The server no longer knows the position, and the source does not continue at another. */
    POSITION_LOST("position-lost"),
    /** The checkpoint could not be claimed, loaded, read or saved. */
    CHECKPOINT("checkpoint"),
    /** Another stream holds the claim. */
    CLAIM_LOST("claim-lost"),
    /** The handler threw. */
    HANDLER("handler");

    private final String tag;

    Reason(String tag) {
      this.tag = tag;
    }

    /** Returns a stable name, for logs, metrics and alerts. */
    public String tag() {
      return tag;
    }
  }

  private final Reason reason;
  private final int attempts;
  private final transient @Nullable Position lastPosition;

  /** Makes the exception. Called by the engine; tests of applications may call it. */
  public StreamFailedException(
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

  /** Returns how many connection attempts had failed in a row. */
  public int attempts() {
    return attempts;
  }

  /** Returns the position of the last event that was received, if there was one. */
  public Optional<Position> lastPosition() {
    return Optional.ofNullable(lastPosition);
  }
}
