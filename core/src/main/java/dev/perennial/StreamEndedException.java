package dev.perennial;

/** Thrown when the source is complete: there will never be another event. Not an error. */
public final class StreamEndedException extends StreamException {

  private static final long serialVersionUID = 1;

  /** Makes the exception. Called by the engine; tests of applications may call it. */
  public StreamEndedException(String message) {
    super(message, null);
  }
}
