package dev.perennial.source.tap;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tap, or something in front of it, refused to open its event channel. A stream that has never been
 * connected ends at once, another one when it has heard nothing but refusals for as long as it
 * tolerates them, and shows the last one as the cause of its exception. Messages carry no
 * credentials.
 */
public abstract sealed class TapException extends IOException {

  private static final long serialVersionUID = 1;

  private final int status;

  private TapException(int status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /** The HTTP status of the answer. */
  public int status() {
    return status;
  }

  /** Tap has a password, and was given none or another (401). */
  public static final class Unauthorized extends TapException {
    private static final long serialVersionUID = 1;

    private final @Nullable String challenge;

    Unauthorized(String message, @Nullable String challenge, Throwable cause) {
      super(401, message, cause);
      this.challenge = challenge;
    }

    /** The answer's {@code WWW-Authenticate}: how to authenticate. */
    public Optional<String> challenge() {
      return Optional.ofNullable(challenge);
    }
  }

  /** Tap was started to post its events to a webhook, and then has no event channel (400). */
  public static final class WebhookMode extends TapException {
    private static final long serialVersionUID = 1;

    WebhookMode(String message, Throwable cause) {
      super(400, message, cause);
    }
  }

  /**
   * Anything else that is not a Tap's event channel, for example a wrong path (404) or a
   * redirection.
   */
  public static final class Refused extends TapException {
    private static final long serialVersionUID = 1;

    Refused(int status, String message, Throwable cause) {
      super(status, message, cause);
    }
  }
}
