package dev.perennial.source.mongo;

import dev.perennial.source.mongo.internal.error.ErrorDetails;

/**
 * What goes wrong with a change stream where the driver's own exceptions do not say what it is, or
 * what to do about it. The driver's, if there is one, is the cause. Only a source makes it.
 */
public abstract class MongoSourceException extends Exception {

  private static final long serialVersionUID = 1;

  private final transient ErrorDetails details;

  /** Only for the source: applications do not see what this takes. */
  protected MongoSourceException(ErrorDetails details) {
    super(details.message(), details.cause());
    this.details = details;
  }

  /** Also says what it means for the stream. */
  public final ErrorDetails details() {
    return details;
  }

  /** The {@code MongoClient} that the application gave was closed under the stream. */
  public static final class ClientClosed extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public ClientClosed(ErrorDetails details) {
      super(details);
    }
  }

  /** The server ended the stream, and {@link InvalidatePolicy#FAIL} says that this is an error. */
  public static final class StreamInvalidated extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public StreamInvalidated(ErrorDetails details) {
      super(details);
    }
  }

  /** The function of {@link HistoryLostPolicy#restartAt} did not say where to go on. */
  public static final class RestartFailed extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public RestartFailed(ErrorDetails details) {
      super(details);
    }
  }

  /**
   * The checkpoint was saved on another replica set or sharded cluster than the one that the client
   * is connected to; see {@link MongoSourceBuilder#acceptMigration}.
   */
  public static final class AnotherDeployment extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public AnotherDeployment(ErrorDetails details) {
      super(details);
    }
  }

  /** A split event is larger than what is held of one. */
  public static final class EventTooLarge extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public EventTooLarge(ErrorDetails details) {
      super(details);
    }
  }

  /** The server cannot return an event, and does not say which. */
  public static final class Unreturnable extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public Unreturnable(ErrorDetails details) {
      super(details);
    }
  }

  /** The server is no replica set, and so has no change streams. */
  public static final class NoReplicaSet extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public NoReplicaSet(ErrorDetails details) {
      super(details);
    }
  }

  /** The server does not accept the credentials, or not for this. */
  public static final class Unauthorized extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public Unauthorized(ErrorDetails details) {
      super(details);
    }
  }

  /**
   * The server does not take the start that {@link MongoSourceBuilder#startAt} says, which was
   * therefore not saved. The cause says why: a token that is none of its own, or changes that it no
   * longer has.
   */
  public static final class StartRefused extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public StartRefused(ErrorDetails details) {
      super(details);
    }
  }

  /** The server does not accept the pipeline, an option or what is to be watched. */
  public static final class Rejected extends MongoSourceException {

    private static final long serialVersionUID = 1;

    /** Only for the source: applications do not see what this takes. */
    public Rejected(ErrorDetails details) {
      super(details);
    }
  }
}
