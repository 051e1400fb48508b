package dev.perennial.source.mongo;

/**
 * A part of an event does not fit what the application asked for: its BSON is corrupt inside, or it
 * is not of the wanted type, or the codec registry has no codec for that. The event's own fields
 * are sound, and its bytes are there; whether to ack it is the application's decision.
 */
public final class ChangePayloadException extends RuntimeException {

  private static final long serialVersionUID = 1;

  ChangePayloadException(String message, Throwable cause) {
    super(message, cause);
  }
}
