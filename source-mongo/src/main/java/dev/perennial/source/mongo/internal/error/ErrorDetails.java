package dev.perennial.source.mongo.internal.error;

import dev.perennial.port.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link dev.perennial.source.mongo.MongoSourceException} is made of.
 *
 * @param message for people
 * @param cause what the driver threw; null if it threw nothing
 * @param verdict what it means for the stream
 */
public record ErrorDetails(String message, @Nullable Throwable cause, Verdict verdict) {

  /** Trying again cannot help. */
  public static ErrorDetails fatal(String message, @Nullable Throwable cause) {
    return new ErrorDetails(message, cause, Verdict.fatal());
  }

  /** Somebody has to change something first. */
  public static ErrorDetails refused(String message, @Nullable Throwable cause) {
    return new ErrorDetails(message, cause, Verdict.refused());
  }

  /** Another connection may do better. */
  public static ErrorDetails retry(String message, @Nullable Throwable cause) {
    return new ErrorDetails(message, cause, Verdict.retry());
  }

  /** The server does not take the position's token. */
  public static ErrorDetails positionLost(String message, @Nullable Throwable cause) {
    return new ErrorDetails(message, cause, Verdict.positionLost());
  }
}
