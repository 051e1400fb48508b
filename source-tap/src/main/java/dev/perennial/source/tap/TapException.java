package dev.perennial.source.tap;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The error of a refusal: Tap, or a proxy in front of it, did not open the event channel. A stream
 * that has never been connected ends at once. Another stream ends when it has got nothing but
 * refusals for as long as it tolerates them; the last one is the cause of its exception. Messages
 * carry no credentials.
 */
public abstract sealed class TapException extends IOException {

  private static final long serialVersionUID = 1;

  private final int status;

  private TapException(int status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /** Returns the HTTP status of the answer. */
  public int status() {
    return status;
  }

  /** The refusal of a missing or wrong password (401). */
  public static final class Unauthorized extends TapException {
    private static final long serialVersionUID = 1;

    private final @Nullable String challenge;

    Unauthorized(String message, @Nullable String challenge, Throwable cause) {
      super(401, message, cause);
      this.challenge = challenge;
    }

    /** Returns the answer's header {@code WWW-Authenticate}, which says how to authenticate. */
    public Optional<String> challenge() {
      return Optional.ofNullable(challenge);
    }
  }

  /** The refusal of a Tap that posts its events to a webhook and has no event channel (400). */
  public static final class WebhookMode extends TapException {
    private static final long serialVersionUID = 1;

    WebhookMode(String message, Throwable cause) {
      super(400, message, cause);
    }
  }

  /**
   * Any other refusal, because the address is not a Tap's event channel: for example a wrong path
   * (404) or a redirect.
   */
  public static final class Refused extends TapException {
    private static final long serialVersionUID = 1;

    Refused(int status, String message, Throwable cause) {
      super(status, message, cause);
    }
  }
}
