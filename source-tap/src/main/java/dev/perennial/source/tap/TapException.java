package dev.perennial.source.tap;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The error of a refusal: Tap, or a proxy in front of it, did not open the event channel. A stream
 * that has never been connected fails at once. A stream that was connected before fails if it gets
 * only refusals for as long as it tolerates them; the last one is the cause of its exception.
 * Messages contain no credentials.
 */
public final class TapException extends IOException {

  private static final long serialVersionUID = 1;

  /** Why the event channel was refused. */
  public enum Reason {
    /** The password is missing or wrong (401). */
    UNAUTHORIZED("unauthorized"),
    /** Tap posts its events to a webhook and has no event channel (400). */
    WEBHOOK_MODE("webhook-mode"),
    /**
     * Any other refusal, because the address is not that of a Tap's event channel: for example a
     * wrong path (404) or a redirect.
     */
    REFUSED("refused");

    private final String tag;

    Reason(String tag) {
      this.tag = tag;
    }

    /** Returns a stable name, for logs, metrics and alerts. */
    public String tag() {
      return tag;
    }
  }

  private final Reason reason;
  private final int status;
  private final @Nullable String challenge;

  TapException(
      Reason reason, int status, String message, @Nullable String challenge, Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.status = status;
    this.challenge = challenge;
  }

  /** Returns why the event channel was refused. */
  public Reason reason() {
    return reason;
  }

  /** Returns the HTTP status of the answer. */
  public int status() {
    return status;
  }

  /**
   * Returns the answer's header {@code WWW-Authenticate}, which says how to authenticate; present
   * only if the reason is {@link Reason#UNAUTHORIZED} and the answer has one.
   */
  public Optional<String> challenge() {
    return Optional.ofNullable(challenge);
  }
}
