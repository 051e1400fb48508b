package dev.perennial.source.mongo.internal.cursor;

import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.ErrorDetails;
import org.jspecify.annotations.Nullable;

/** A cursor came to its end, and another one is opened. */
public final class CursorLostException extends MongoSourceException {

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
