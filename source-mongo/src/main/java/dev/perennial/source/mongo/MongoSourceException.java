package dev.perennial.source.mongo;

import com.mongodb.MongoException;
import dev.perennial.port.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong with a change stream where the driver's own exceptions do not say what it is, or
 * what to do about it. The driver's, if there is one, is the cause.
 */
public abstract sealed class MongoSourceException extends Exception {

  private static final long serialVersionUID = 1;

  private MongoSourceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** What it means for the stream: that trying again cannot help, unless a kind says otherwise. */
  Verdict verdict() {
    return Verdict.fatal();
  }

  /** A cursor came to its end, and another one is opened. */
  static final class CursorLost extends MongoSourceException {
    private static final long serialVersionUID = 1;

    CursorLost(String message, @Nullable Throwable cause) {
      super(message, cause);
    }

    /** After an event that the server could not return. */
    static CursorLost behind(@Nullable Throwable cause) {
      return new CursorLost(
          "the server cannot return an event; it was handed out as malformed, and the stream goes on behind it",
          cause);
    }

    @Override
    Verdict verdict() {
      return Verdict.retry();
    }
  }

  /** The driver reopened a cursor again and again without an answer, and was stopped. */
  static final class ResumeStorm extends MongoSourceException {
    private static final long serialVersionUID = 1;

    ResumeStorm(int resumes) {
      super(
          "the driver reopened the cursor "
              + resumes
              + " times in a row without an answer to a getMore, and was stopped, so that the stream waits before"
              + " it tries again",
          null);
    }

    @Override
    Verdict verdict() {
      return Verdict.retry();
    }
  }

  /** A part of a split event is missing; the event comes again whole from its cluster time. */
  static final class FragmentMissing extends MongoSourceException {
    private static final long serialVersionUID = 1;

    FragmentMissing(String message) {
      super(message, null);
    }

    @Override
    Verdict verdict() {
      return Verdict.positionLost();
    }
  }

  /** The server does not take a token, whatever it calls that: it takes all else without it. */
  static final class TokenRefused extends MongoSourceException {
    private static final long serialVersionUID = 1;

    TokenRefused(MongoException cause) {
      super(
          "the server opens the change stream without the resume token and refuses it with that: "
              + MongoErrors.words(cause),
          cause);
    }

    @Override
    Verdict verdict() {
      return Verdict.positionLost();
    }
  }

  /** The {@code MongoClient} that the application gave was closed under the stream. */
  public static final class ClientClosed extends MongoSourceException {
    private static final long serialVersionUID = 1;

    ClientClosed(Throwable cause) {
      super(
          "The stream cannot go on: the MongoClient given to MongoSource.builder(MongoClient) was closed by"
              + " its owner, the application. Close the stream before its client",
          cause);
    }
  }

  /** The server ended the stream, and {@link InvalidatePolicy#FAIL} says that this is an error. */
  public static final class StreamInvalidated extends MongoSourceException {
    private static final long serialVersionUID = 1;

    StreamInvalidated(String message) {
      super(message, null);
    }
  }

  /** The function of {@link HistoryLostPolicy#restartAt} did not say where to go on. */
  public static final class RestartFailed extends MongoSourceException {
    private static final long serialVersionUID = 1;

    RestartFailed(String what, @Nullable Throwable cause) {
      super(
          "the server no longer has the changes after the stream's position, and the function of"
              + " onHistoryLost(restartAt(…)) that should say where to go on "
              + what,
          cause);
    }
  }

  /**
   * The checkpoint was saved on another replica set or sharded cluster than the one that the client
   * is connected to; see {@link MongoSourceBuilder#acceptMigration}.
   */
  public static final class AnotherDeployment extends MongoSourceException {
    private static final long serialVersionUID = 1;

    AnotherDeployment(String message) {
      super(message, null);
    }

    @Override
    Verdict verdict() {
      return Verdict.refused();
    }
  }

  /** A split event is larger than what is held of one. */
  public static final class EventTooLarge extends MongoSourceException {
    private static final long serialVersionUID = 1;

    EventTooLarge(String message) {
      super(message, null);
    }
  }

  /** The server cannot return an event, and does not say which. */
  public static final class Unreturnable extends MongoSourceException {
    private static final long serialVersionUID = 1;

    Unreturnable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The server is no replica set, and so has no change streams. */
  public static final class NoReplicaSet extends MongoSourceException {
    private static final long serialVersionUID = 1;

    NoReplicaSet(@Nullable Throwable cause) {
      super(
          "the server is no member of a replica set, and only these have change streams; start it with --replSet"
              + " and call rs.initiate() once, one member is enough",
          cause);
    }

    @Override
    Verdict verdict() {
      return Verdict.refused();
    }
  }

  /** The server does not accept the credentials, or not for this. */
  public static final class Unauthorized extends MongoSourceException {
    private static final long serialVersionUID = 1;

    Unauthorized(String message, Throwable cause) {
      super(message, cause);
    }

    @Override
    Verdict verdict() {
      return Verdict.refused();
    }
  }

  /**
   * The server does not take the start that {@link MongoSourceBuilder#startAt} says, which was
   * therefore not saved. The cause says why: a token that is none of its own, or changes that it no
   * longer has.
   */
  public static final class StartRefused extends MongoSourceException {
    private static final long serialVersionUID = 1;

    StartRefused(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The server does not accept the pipeline, an option or what is to be watched. */
  public static final class Rejected extends MongoSourceException {
    private static final long serialVersionUID = 1;

    Rejected(String message, Throwable cause) {
      super(message, cause);
    }

    /**
     * For good if no server takes it, or the stream's way back to a token that is refused again and
     * again leads nowhere.
     */
    @Override
    Verdict verdict() {
      @Nullable Throwable cause = getCause();
      boolean forGood =
          ErrorKind.PIPELINE.is(this) || (cause != null && MongoErrors.isTokenRejected(cause));
      return forGood ? Verdict.fatal() : Verdict.refused();
    }
  }
}
