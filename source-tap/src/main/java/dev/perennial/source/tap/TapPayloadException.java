package dev.perennial.source.tap;

/**
 * The payload of an event does not fit what the application asked for: it is nested too deep for
 * the mapper, or is not of the wanted type. The event itself is sound, and its bytes are there;
 * whether to ack it is the application's decision.
 */
public final class TapPayloadException extends RuntimeException {

  private static final long serialVersionUID = 1;

  TapPayloadException(String message, Throwable cause) {
    super(message, cause);
  }
}
