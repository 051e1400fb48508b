package dev.perennial.source.mongo;

import java.time.Duration;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * Is told what happens inside a source. Observes and decides nothing: what a method throws is
 * logged and has no effect. Called on the thread that it happened on, which must not be blocked;
 * never called twice at once for the same source.
 */
public interface MongoListener {

  /**
   * The driver itself reopens the cursor; nothing is lost or repeated by that. It does not say why,
   * except in its own log. With a client that was given this is told afterwards, and once for
   * several without an answer between them.
   */
  default void onResume(Resume resume) {}

  /**
   * The driver reopens the cursor again and again without getting anywhere, and is stopped. Not
   * with a client that was given.
   */
  default void onResumeStorm(ResumeStorm storm) {}

  /** The server no longer has the changes after the stream's position. */
  default void onHistoryLost(HistoryLost lost) {}

  /**
   * The start that the application chose has not come yet by the server's clock: what happens until
   * then is not delivered.
   */
  default void onStartInFuture(StartInFuture start) {}

  /** A checkpoint was made with another pipeline, scope or mode, and is used by its time. */
  default void onSettingsChanged(SettingsChanged change) {}

  /** The server does not accept a token, and the stream goes on from the token's time. */
  default void onTokenRejected(TokenRejected rejected) {}

  /** The server ended the stream, because what it watches was dropped or renamed. */
  default void onInvalidate(Invalidated invalidated) {}

  /**
   * The server could not return an event, and so is asked for events one by one until it comes to
   * that; or no longer. Meanwhile each event costs a round trip.
   */
  default void onOneByOne(OneByOne change) {}

  /**
   * An event that the server cannot return is stepped over, and handed out as malformed. Never on a
   * sharded cluster, where such an event ends the stream.
   */
  default void onSteppedOver(SteppedOver event) {}

  /**
   * The driver reopens the cursor.
   *
   * @param inARow how often it did so since the server last answered, this one included
   */
  record Resume(int inARow) {}

  /**
   * The driver reopened the cursor again and again.
   *
   * @param resumes how often
   * @param within in what time
   */
  record ResumeStorm(int resumes, Duration within) {}

  /**
   * The server no longer has the changes after a position.
   *
   * @param lost the position
   * @param cause what the server said
   * @param gap what will not be delivered; empty if the stream ends instead
   */
  record HistoryLost(MongoPosition lost, Throwable cause, Optional<StreamGap> gap) {}

  /**
   * A start that has not come yet.
   *
   * @param start the cluster time with which the stream begins
   * @param serverTime the server's own when that was asked
   */
  record StartInFuture(BsonTimestamp start, BsonTimestamp serverTime) {}

  /**
   * A checkpoint was made with another pipeline, scope or mode. Its token may not be found in the
   * stream as it is now, so the stream goes on from the token's cluster time: changes of that very
   * time can come again, and none is lost.
   *
   * @param checkpoint the position as it was saved
   * @param resumed the position that is used instead
   * @param savedFingerprint the fingerprint of the settings that it was saved with
   * @param fingerprint the fingerprint of the settings in force
   */
  record SettingsChanged(
      MongoPosition checkpoint,
      MongoPosition resumed,
      String savedFingerprint,
      String fingerprint) {}

  /**
   * The server does not accept a token. Changes of the token's time can come again, and none is
   * lost.
   *
   * @param rejected the position with the token
   * @param resumed the position that is used instead
   * @param cause what the server said
   */
  record TokenRejected(MongoPosition rejected, MongoPosition resumed, Throwable cause) {}

  /**
   * The server ended the stream.
   *
   * @param position of the event that says so
   * @param hidden whether the pipeline removed that event, so that it had to be looked for
   * @param policy what the source does now
   */
  record Invalidated(MongoPosition position, boolean hidden, InvalidatePolicy policy) {}

  /**
   * Events are asked for one by one, or no longer.
   *
   * @param on whether they are now
   * @param why what the server said, or how that came to its end
   */
  record OneByOne(boolean on, String why) {}

  /**
   * An event was stepped over.
   *
   * @param position of the event
   * @param cause what the server said
   */
  record SteppedOver(MongoPosition position, Throwable cause) {}
}
