package dev.perennial.source.tap;

import java.io.IOException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A call to Tap's management API failed. Messages carry no credentials. */
public final class TapAdminException extends IOException {

  private static final long serialVersionUID = 1;

  /** What went wrong. */
  public enum Kind {
    /** Tap has a password, and was given none or another (401). */
    UNAUTHORIZED,
    /** Tap could not make sense of the request, such as an improperly formatted DID (400). */
    BAD_REQUEST,
    /** Tap does not know the repo or the DID, or there is no Tap at this address (404). */
    NOT_FOUND,
    /** Something between here and Tap changed the request's content type (415). */
    UNSUPPORTED_MEDIA_TYPE,
    /** Tap failed, or what stands in front of it did (5xx). */
    SERVER_ERROR,
    /** Any other status that is not 200. */
    UNEXPECTED_STATUS,
    /** The answer is not what this call is answered with. */
    UNREADABLE,
    /** There was no answer in time. What was asked for may be done all the same. */
    TIMEOUT,
    /** The connection could not be made, or broke. What was asked for may be done all the same. */
    UNREACHABLE
  }

  private final Kind kind;
  private final int status;

  TapAdminException(Kind kind, int status, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
  }

  public Kind kind() {
    return kind;
  }

  /** The answer's HTTP status, if there was an answer. */
  public OptionalInt status() {
    return status == 0 ? OptionalInt.empty() : OptionalInt.of(status);
  }

  /** The same failure, with more said about it. */
  TapAdminException adding(String more) {
    return new TapAdminException(kind, status, getMessage() + more, this);
  }
}
