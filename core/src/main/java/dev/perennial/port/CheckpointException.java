package dev.perennial.port;

import org.jspecify.annotations.Nullable;

/** A checkpoint could not be claimed, loaded, read or saved. */
public final class CheckpointException extends Exception {

  private static final long serialVersionUID = 1;

  /** What is wrong, and so what the stream does about it. */
  public enum Kind {
    /**
     * The store cannot be reached or used now. Retried; whatever else a store throws counts as
     * this.
     */
    UNAVAILABLE,
    /** What is stored is not a checkpoint. Ends the stream: somebody has to look. */
    CORRUPT,
    /**
     * The checkpoint is of another source, or of settings that it cannot be used with. Ends the
     * stream.
     */
    MISMATCH,
    /** Somebody else has the claim. Ends the stream, without a further save. */
    CLAIM_LOST,
    /** The store was closed. Ends the stream, without a further save: trying again cannot help. */
    CLOSED
  }

  private final Kind kind;

  private CheckpointException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public static CheckpointException unavailable(String message, @Nullable Throwable cause) {
    return new CheckpointException(Kind.UNAVAILABLE, message, cause);
  }

  public static CheckpointException corrupt(String message, @Nullable Throwable cause) {
    return new CheckpointException(Kind.CORRUPT, message, cause);
  }

  public static CheckpointException mismatch(String message, @Nullable Throwable cause) {
    return new CheckpointException(Kind.MISMATCH, message, cause);
  }

  public static CheckpointException claimLost(String message, @Nullable Throwable cause) {
    return new CheckpointException(Kind.CLAIM_LOST, message, cause);
  }

  public static CheckpointException closed(String message) {
    return new CheckpointException(Kind.CLOSED, message, null);
  }

  public Kind kind() {
    return kind;
  }
}
