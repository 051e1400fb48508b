package dev.perennial.source.mongo;

/**
 * The error of a part of an event that does not fit what the application asked for: its BSON is
 * corrupt inside, it is not of the wanted type, or the codec registry has no codec for the type.
 * The event's own fields are valid and its bytes can be read; the application decides whether to
 * ack it.
 */
public final class ChangePayloadException extends RuntimeException {

  private static final long serialVersionUID = 1;

  ChangePayloadException(String message, Throwable cause) {
    super(message, cause);
  }
}
