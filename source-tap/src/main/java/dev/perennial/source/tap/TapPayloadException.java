package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import tools.jackson.core.JacksonException;

/**
 * Thrown if a payload cannot be read as requested: it exceeds a limit of the mapper, such as that
 * of nesting, or does not fit the type. The event itself is valid and its bytes can be read; the
 * application decides whether to ack it.
 */
public final class TapPayloadException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private static final int MAX_REASON = 200;

  TapPayloadException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Returns the mapper's own words, at most 200 characters of them. */
  static String reason(RuntimeException error) {
    return error instanceof JacksonException jackson
        ? LogText.brief(jackson.getOriginalMessage(), MAX_REASON)
        : LogText.reason(error);
  }
}
