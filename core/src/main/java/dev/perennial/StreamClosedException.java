package dev.perennial;

import org.jspecify.annotations.Nullable;

/** The stream was or is being closed. The cause is what it had died of before, if it had. */
public final class StreamClosedException extends IllegalStateException {

  private static final long serialVersionUID = 1;

  /** Makes an exception; the engine does, and tests of applications may. */
  public StreamClosedException(String message, @Nullable StreamException death) {
    super(message, death);
  }
}
