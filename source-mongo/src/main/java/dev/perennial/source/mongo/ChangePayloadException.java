package dev.perennial.source.mongo;

/**
 * Thrown if a part of an event cannot be decoded as requested: its BSON is corrupt, it has another
 * type, or the codec registry has no codec for the type. The event's own fields are valid and its
 * bytes can be read; the application decides whether to ack it.
 */
public final class ChangePayloadException extends RuntimeException {

  private static final long serialVersionUID = 1;

  ChangePayloadException(String message, Throwable cause) {
    super(message, cause);
  }
}
