package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.error.ErrorKind;
import org.jspecify.annotations.Nullable;

/**
 * The error of a change stream, if the driver's own exception does not say what is wrong or what to
 * do about it. If there is an exception of the driver, it is the cause. Only the source creates it.
 */
public final class MongoSourceException extends Exception {

  private static final long serialVersionUID = 1;

  /** What is wrong with a change stream. */
  public enum Reason {
    /** The server does not accept the credentials, or the user lacks a right. */
    UNAUTHORIZED("unauthorized"),
    /** The server does not accept the pipeline, an option, or what is to be watched. */
    REJECTED("rejected"),
    /** The server is not a member of a replica set, and therefore has no change streams. */
    NO_REPLICA_SET("no-replica-set"),
    /**
     * The server does not accept the start set with {@link MongoSourceBuilder#startAt}, so the
     * source did not save it. The token is not one of this server, or the oplog does not reach back
     * that far; the cause says which.
     */
    START_REFUSED("start-refused"),
    /**
     * The checkpoint was saved on another replica set or sharded cluster; see {@link
     * MongoSourceBuilder#acceptMigration}.
     */
    ANOTHER_DEPLOYMENT("another-deployment"),
    /** The {@code MongoClient} that the application gave to the source is closed. */
    CLIENT_CLOSED("client-closed"),
    /** The server ended the stream, and the policy is {@link InvalidatePolicy#FAIL}. */
    INVALIDATED("invalidated"),
    /** The function of {@link HistoryLostPolicy#restartAt} threw, or returned no valid start. */
    RESTART_FAILED("restart-failed"),
    /** A split event is larger than the 64 MB that the source holds of one event. */
    EVENT_TOO_LARGE("event-too-large"),
    /** The server cannot return an event, and the source cannot step over it. */
    UNRETURNABLE("unreturnable"),
    /** A part of a split event is missing; the stream reads the event again from its time. */
    FRAGMENT_MISSING("fragment-missing"),
    /** The server does not accept the resume token; the stream resumes from the token's time. */
    TOKEN_REJECTED("token-rejected"),
    /** The server refused the same resume token again after the stream resumed from its time. */
    TOKEN_REJECTED_AGAIN("token-rejected-again"),
    /** The cursor ended; the stream opens another one. */
    CURSOR_LOST("cursor-lost");

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
  private final ErrorKind kind;

  /** Only for the source: {@link ErrorKind} is internal, so applications cannot call this. */
  @SuppressWarnings("exports")
  public MongoSourceException(
      Reason reason, ErrorKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.kind = kind;
  }

  /** Returns what is wrong. */
  public Reason reason() {
    return reason;
  }

  /** Returns what the error means for the stream. Only for the source. */
  @SuppressWarnings("exports")
  public ErrorKind kind() {
    return kind;
  }
}
