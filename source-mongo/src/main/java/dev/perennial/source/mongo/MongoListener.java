package dev.perennial.source.mongo;

import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * A listener of a source, which observes and decides nothing. The source calls it on its own
 * threads, one call at a time. A slow listener delays the stream, so it must be quick. What it
 * throws is logged and does not affect the stream. Every method does nothing by default.
 */
public interface MongoListener {

  /** Called when the server no longer has the changes after the stream's position. */
  default void onHistoryLost(HistoryLost lost) {}

  /**
   * Called when the start that the application chose is ahead of the server's time. The stream does
   * not deliver what happens before that start.
   */
  default void onStartInFuture(StartInFuture start) {}

  /**
   * Called when the checkpoint was saved with another pipeline, scope or mode. The stream may not
   * find its token, so it resumes from the token's cluster time: changes of that very time can come
   * again, and none is lost.
   */
  default void onSettingsChanged(SettingsChanged change) {}

  /**
   * Called when the server does not accept a token, and the stream resumes from the token's cluster
   * time. Changes of that very time can come again, and none is lost.
   */
  default void onTokenRejected(TokenRejected rejected) {}

  /** Called when the server ended the stream, because what it watches was dropped or renamed. */
  default void onInvalidate(Invalidated invalidated) {}

  /**
   * Called when the source begins or stops to ask for one event at a time. It does so when the
   * server cannot return an event, until it reaches that event. Meanwhile each event costs a round
   * trip.
   */
  default void onOneByOne(OneByOne change) {}

  /**
   * Called when the source steps over an event that the server cannot return, and delivers it as a
   * {@link MalformedChange}. Never called on a sharded cluster, where such an event ends the
   * stream.
   */
  default void onSteppedOver(SteppedOver event) {}

  /** The loss of the changes after a position. */
  interface HistoryLost {

    /** Returns the position. */
    MongoPosition lost();

    /** Returns the server's error. */
    Throwable cause();

    /** Returns what the stream does not deliver; empty if the stream ends instead. */
    Optional<StreamGap> gap();
  }

  /** A start that is ahead of the server's time. */
  interface StartInFuture {

    /** Returns the cluster time at which the stream begins. */
    BsonTimestamp start();

    /** Returns the cluster time of the server when the source asked for it. */
    BsonTimestamp serverTime();
  }

  /** The use of a checkpoint that was saved with other settings. */
  interface SettingsChanged {

    /** Returns the position as it was saved. */
    MongoPosition checkpoint();

    /** Returns the position from which the stream resumes. */
    MongoPosition resumed();

    /** Returns the fingerprint of the settings with which the checkpoint was saved. */
    String savedFingerprint();

    /** Returns the fingerprint of the settings in force. */
    String fingerprint();
  }

  /** The replacement of a token that the server does not accept. */
  interface TokenRejected {

    /** Returns the position with the token. */
    MongoPosition rejected();

    /** Returns the position from which the stream resumes. */
    MongoPosition resumed();

    /** Returns the server's error. */
    Throwable cause();
  }

  /** The end of a change stream by the server. */
  interface Invalidated {

    /** Returns the position of the event that says so. */
    MongoPosition position();

    /** Returns whether the pipeline hid that event, so that the source had to search for it. */
    boolean isHidden();

    /** Returns what the source does now. */
    InvalidatePolicy policy();
  }

  /** The begin or the end of asking for one event at a time. */
  interface OneByOne {

    /** Returns whether the source asks for one event at a time from now on. */
    boolean isOn();

    /** Returns the server's words if it begins, and why it stops otherwise. */
    String why();
  }

  /** An event that the source stepped over. */
  interface SteppedOver {

    /** Returns the position of the event. */
    MongoPosition position();

    /** Returns the server's error. */
    Throwable cause();
  }
}
