package dev.perennial.source.tap;

import java.io.IOException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The error of a failed call to Tap's admin API. Messages contain no credentials. */
public final class TapAdminException extends IOException {

  private static final long serialVersionUID = 1;

  /** Why a call failed. */
  public enum Reason {
    /** The password is missing or wrong (401). */
    UNAUTHORIZED("unauthorized"),
    /** Tap does not accept the request, for example a malformed DID (400). */
    BAD_REQUEST("bad-request"),
    /** Tap does not know the repo or the DID, or there is no Tap at this address (404). */
    NOT_FOUND("not-found"),
    /** A proxy before Tap changed the request's content type (415). */
    UNSUPPORTED_MEDIA_TYPE("unsupported-media-type"),
    /** Tap or a proxy before it failed (5xx). */
    SERVER_ERROR("server-error"),
    /** Any other status than 200. */
    UNEXPECTED_STATUS("unexpected-status"),
    /** The answer is not one that Tap gives to this call, or is not JSON. */
    UNREADABLE("unreadable"),
    /** Tap did not answer in time. It may have carried out the request. */
    TIMEOUT("timeout"),
    /** The connection could not be made, or broke. Tap may have carried out the request. */
    UNREACHABLE("unreachable");

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

  TapAdminException(Reason reason, int status, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.status = status;
  }

  /** Returns why the call failed. */
  public Reason reason() {
    return reason;
  }

  /** Returns the answer's HTTP status; empty if there was no answer. */
  public OptionalInt status() {
    return status == 0 ? OptionalInt.empty() : OptionalInt.of(status);
  }

  /** Returns the same failure with another sentence at the end of its message. */
  TapAdminException adding(String sentence) {
    return new TapAdminException(reason, status, getMessage() + ' ' + sentence, getCause());
  }
}
