package dev.perennial.source.mongo;

import org.jspecify.annotations.Nullable;

/** A cursor came to its end, and another one is opened. */
final class CursorLostException extends MongoSourceException {

  private static final long serialVersionUID = 1;

  CursorLostException(String message, @Nullable Throwable cause) {
    super(ErrorDetails.retry(message, cause));
  }

  /** After an event that the server could not return. */
  static CursorLostException after(@Nullable Throwable cause) {
    return new CursorLostException(
        "the server cannot return an event; it was handed out as malformed, and the stream goes on behind it",
        cause);
  }
}
