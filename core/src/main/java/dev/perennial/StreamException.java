package dev.perennial;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a stream that has no next event for its caller. After {@link StreamFailedException},
 * {@link StreamEndedException} and {@link StreamClosedException} there will never be another one;
 * after {@link StreamInterruptedException} the stream stays usable.
 */
public abstract sealed class StreamException extends RuntimeException
    permits StreamFailedException,
        StreamEndedException,
        StreamClosedException,
        StreamInterruptedException {

  private static final long serialVersionUID = 1;

  StreamException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
