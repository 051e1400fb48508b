package dev.perennial;

/** The stream was or is being closed. */
public final class StreamClosedException extends IllegalStateException {

  private static final long serialVersionUID = 1;

  StreamClosedException(String message) {
    super(message);
  }
}
