package dev.perennial.port;

import org.jspecify.annotations.Nullable;

/** Thrown when a checkpoint cannot be claimed, loaded, read, saved or deleted. */
public final class CheckpointException extends Exception {

  private static final long serialVersionUID = 1;

  /** Why the call failed, which decides what the stream does. */
  public enum Reason {
    /**
     * The store cannot be reached or used now. The stream retries a failed save, and the claim or
     * load of a standby; it fails if its first claim or load fails. Any other exception of a store
     * counts as this.
     */
    UNAVAILABLE("unavailable"),
    /** What is stored is not a checkpoint. Ends the stream, because a person has to look at it. */
    CORRUPT("corrupt"),
    /**
     * The checkpoint belongs to another source, or to settings that it cannot be used with. Ends
     * the stream.
     */
    MISMATCH("mismatch"),
    /** Another stream holds the claim. Ends the stream, which saves nothing more. */
    CLAIM_LOST("claim-lost"),
    /** A stream holds the claim, so {@link CheckpointAdmin} must not change its checkpoint. */
    CLAIMED("claimed"),
    /** The store is closed, so a retry cannot help. Ends the stream, which saves nothing more. */
    CLOSED("closed");

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

  private CheckpointException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Makes an exception with reason {@link Reason#UNAVAILABLE UNAVAILABLE}. */
  public static CheckpointException unavailable(String message, @Nullable Throwable cause) {
    return new CheckpointException(Reason.UNAVAILABLE, message, cause);
  }

  /** Makes an exception with reason {@link Reason#CORRUPT CORRUPT}. */
  public static CheckpointException corrupt(String message, @Nullable Throwable cause) {
    return new CheckpointException(Reason.CORRUPT, message, cause);
  }

  /** Makes an exception with reason {@link Reason#MISMATCH MISMATCH}. */
  public static CheckpointException mismatch(String message, @Nullable Throwable cause) {
    return new CheckpointException(Reason.MISMATCH, message, cause);
  }

  /** Makes an exception with reason {@link Reason#CLAIM_LOST CLAIM_LOST}. */
  public static CheckpointException claimLost(String message, @Nullable Throwable cause) {
    return new CheckpointException(Reason.CLAIM_LOST, message, cause);
  }

  /** Makes an exception with reason {@link Reason#CLAIMED CLAIMED}. */
  public static CheckpointException claimed(String message) {
    return new CheckpointException(Reason.CLAIMED, message, null);
  }

  /** Makes an exception with reason {@link Reason#CLOSED CLOSED}. */
  public static CheckpointException closed(String message) {
    return new CheckpointException(Reason.CLOSED, message, null);
  }

  /** Returns why the call failed. */
  public Reason reason() {
    return reason;
  }
}
