package dev.perennial;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the stream is closed or being closed. The cause is its failure, if it had failed
 * before.
 */
public final class StreamClosedException extends StreamException {

  private static final long serialVersionUID = 1;

  /** Makes the exception. Called by the engine; tests of applications may call it. */
  public StreamClosedException(String message, @Nullable StreamFailedException failure) {
    super(message, failure);
  }
}
