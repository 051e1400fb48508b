package dev.perennial;

import dev.perennial.port.Position;
import org.jspecify.annotations.Nullable;

/** Why a stream is dead. */
record Death(
    StreamException.Reason reason,
    String message,
    @Nullable Throwable cause,
    int attempts,
    @Nullable Position lastPosition) {

  static Death of(StreamException.Reason reason, String message, @Nullable Throwable cause) {
    return new Death(reason, message, cause, 0, null);
  }

  /** A new exception for each call that is told, so that its stack trace names that call. */
  StreamException exception() {
    return new StreamException(reason, message, cause, attempts, lastPosition);
  }
}
