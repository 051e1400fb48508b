package dev.perennial.internal.stream;

import dev.perennial.StreamFailedException;
import dev.perennial.port.Position;
import org.jspecify.annotations.Nullable;

/** Why a stream failed. */
public record StreamFailure(
    StreamFailedException.Reason reason,
    String message,
    @Nullable Throwable cause,
    int attempts,
    @Nullable Position lastPosition) {

  public static StreamFailure of(
      StreamFailedException.Reason reason, String message, @Nullable Throwable cause) {
    return new StreamFailure(reason, message, cause, 0, null);
  }

  /**
   * Returns a new exception for each call that throws it, so that its stack trace names that call.
   */
  public StreamFailedException exception() {
    return new StreamFailedException(reason, message, cause, attempts, lastPosition);
  }
}
