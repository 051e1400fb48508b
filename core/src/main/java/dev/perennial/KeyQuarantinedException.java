package dev.perennial;

/**
 * The error with which a {@link DeadLetterSink} gets an event that was not handled, because an
 * earlier event of its key is a dead letter and {@link Handling#quarantineKey()} is set.
 */
public final class KeyQuarantinedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** Makes the exception. Called by the engine; tests of applications may call it. */
  public KeyQuarantinedException(String message) {
    super(message);
  }
}
