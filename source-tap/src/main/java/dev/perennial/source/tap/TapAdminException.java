package dev.perennial.source.tap;

import java.io.IOException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The error of a failed call to Tap's management API. Messages carry no credentials. */
public final class TapAdminException extends IOException {

  private static final long serialVersionUID = 1;

  /** The kind of a failure. */
  public enum Kind {
    /** The password is missing or wrong (401). */
    UNAUTHORIZED,
    /** Tap does not accept the request, for example a malformed DID (400). */
    BAD_REQUEST,
    /** Tap does not know the repo or the DID, or there is no Tap at this address (404). */
    NOT_FOUND,
    /** A proxy before Tap changed the request's content type (415). */
    UNSUPPORTED_MEDIA_TYPE,
    /** Tap or a proxy before it failed (5xx). */
    SERVER_ERROR,
    /** Any other status that is not 200. */
    UNEXPECTED_STATUS,
    /** The answer is not one that Tap gives to this call. */
    UNREADABLE,
    /** There was no answer in time. Tap may have carried out the request. */
    TIMEOUT,
    /** The connection could not be made, or broke. Tap may have carried out the request. */
    UNREACHABLE
  }

  private final Kind kind;
  private final int status;

  TapAdminException(Kind kind, int status, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
  }

  /** Returns the kind of the failure. */
  public Kind kind() {
    return kind;
  }

  /** Returns the answer's HTTP status; empty if there was no answer. */
  public OptionalInt status() {
    return status == 0 ? OptionalInt.empty() : OptionalInt.of(status);
  }

  /** Returns the same failure with another sentence at the end of its message. */
  TapAdminException adding(String sentence) {
    return new TapAdminException(kind, status, getMessage() + ' ' + sentence, getCause());
  }
}
