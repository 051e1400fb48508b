package dev.perennial;

import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A listener of a stream, which observes and decides nothing. It is called on whichever thread
 * causes the event, so it must be quick and safe for use from any thread; a slow one blocks that
 * thread, but not {@link EventStream#close}. What it throws is logged and does not affect the
 * stream. Every method does nothing by default, and gets one event object. Only the library
 * implements the event types, which may grow; for tests of listeners, the testkit makes events.
 */
public interface StreamListener {

  /** Called when the state has changed. */
  default void onTransition(Transition transition) {}

  /** Called when the checkpoint was saved. */
  default void onCheckpointSaved(CheckpointSaved saved) {}

  /**
   * Called when the checkpoint could not be saved. The stream tries again, unless it is being
   * closed.
   */
  default void onCheckpointSaveFailed(CheckpointSaveFailed failed) {}

  /** Called when a checkpoint takes precedence over the start that was set on the source. */
  default void onStartOverridden(StartOverridden overridden) {}

  /** Called when an event came again and is not handed out again. */
  default void onRedeliveryDropped(RedeliveryDropped dropped) {}

  /** Called when a message could not be decoded; the application receives it as an event. */
  default void onMalformed(MalformedReceived received) {}

  /**
   * Called when the window has been full for 10 s: the stream hands out nothing more until the
   * application acks.
   */
  default void onWindowFull(WindowFull full) {}

  /** Called when the window has room again after {@link #onWindowFull}. */
  default void onWindowFree(WindowFree free) {}

  /**
   * Called when the handler of {@link EventStream#consume} has failed, at each attempt. For a
   * batch, once for all its events.
   */
  default void onHandlerFailed(HandlerFailed failed) {}

  /** Called when an event was skipped after its last attempt. */
  default void onSkipped(Skipped skipped) {}

  /** Called when the sink has accepted an event. */
  default void onDeadLettered(DeadLettered deadLettered) {}

  /** Called when the sink has thrown. The event stays unacked, and the sink gets it again. */
  default void onDeadLetterFailed(DeadLetterFailed failed) {}

  /**
   * Called when a handler has run for longer than {@link Handling#slowAfter}, once for each event.
   * It is called on a thread of its own.
   */
  default void onHandlerSlow(HandlerSlow slow) {}

  /**
   * Called for an ack that does not count: the stream was closed, it had failed and released its
   * claim, or the delivery was nacked.
   */
  default void onLateAck(LateAck late) {}

  /**
   * Called when a connection has ended before all its acks were written. The server sends their
   * events again, and the stream acks them again.
   */
  default void onAcksUnsent(AcksUnsent unsent) {}

  /** A change of the state. */
  interface Transition {

    /** Returns the state before. */
    StreamState from();

    /** Returns the state from now on. */
    StreamState to();

    /** Returns the error that caused it, if one did. */
    Optional<Throwable> cause();

    /** Returns how many connection attempts have failed in a row. */
    int attempt();

    /** Returns how long the stream waits, when it backs off. */
    Optional<Duration> delay();

    /** Returns how long the connection had lived, when the stream leaves {@code LIVE}. */
    Optional<Duration> connectionAge();
  }

  /** A save of the checkpoint. */
  interface CheckpointSaved {

    /** Returns the position that was saved. */
    Position position();

    /** Returns how long the save took. */
    Duration took();
  }

  /** A failed save of the checkpoint. */
  interface CheckpointSaveFailed {

    /** Returns the position that was to be saved. */
    Position position();

    /** Returns why it was not saved. */
    Throwable cause();

    /**
     * Returns how long until the next attempt. Empty if none follows, because the stream has
     * released its claim or is about to.
     */
    Optional<Duration> retryIn();
  }

  /** A checkpoint that takes precedence over a start. */
  interface StartOverridden {

    /** Returns the position to resume from. */
    Position checkpoint();

    /** Returns the start that is not used, in the source's words. */
    String configuredStart();
  }

  /** An event that came again. */
  interface RedeliveryDropped {

    /** Returns its position. */
    Position position();

    /** Returns whether it had been acked, so that it was acked again. */
    boolean isAcked();
  }

  /** A message that could not be decoded. */
  interface MalformedReceived {

    /** Returns its position. */
    Position position();

    /** Returns the message. */
    Malformed malformed();
  }

  /** A window that has been full for long. */
  interface WindowFull {

    /** Returns how many deliveries are not acked. */
    int unacked();

    /** Returns the position of the oldest of them. */
    Optional<Position> oldestUnacked();

    /** Returns the oldest of them, at most ten, the oldest first. */
    List<UnackedEvent> oldest();

    /** Returns how many of the deliveries wait to come again after a nack or a failed attempt. */
    int nacked();
  }

  /** An event that is not acked. */
  interface UnackedEvent {

    /** Returns its position. */
    Position position();

    /** Returns its key, if it is handled by key and has one. */
    Optional<Object> key();

    /** Returns how long ago it was received. */
    Duration age();

    /** Returns at which delivery attempt it is, from 1. */
    int attempt();

    /** Returns what the handler threw at the last attempt that failed. */
    Optional<Throwable> lastError();
  }

  /** A window that has room again. */
  interface WindowFree {

    /** Returns how long it had been full. */
    Duration full();
  }

  /** A failed delivery attempt. */
  interface HandlerFailed {

    /** Returns the position of the event, or of the first one of a batch. */
    Position position();

    /** Returns which delivery attempt it was, from 1. */
    int attempt();

    /** Returns how many events the handler had: more than one for a batch. */
    int events();

    /** Returns what the handler threw. */
    Throwable error();

    /**
     * Returns how long until the next attempt. Empty if it was the last one; a batch is then
     * handled by halves.
     */
    Optional<Duration> retryIn();
  }

  /** An event that was skipped. */
  interface Skipped {

    /** Returns its position. */
    Position position();

    /** Returns how many delivery attempts there were. */
    int attempts();

    /** Returns what the handler threw at the last one. */
    Throwable error();
  }

  /** An event that the sink has accepted. */
  interface DeadLettered {

    /** Returns its position. */
    Position position();

    /** Returns how many delivery attempts there were. */
    int attempts();

    /**
     * Returns what the handler threw at the last one, or a {@link KeyQuarantinedException} for an
     * event that was not handled.
     */
    Throwable error();
  }

  /** A sink that has thrown. */
  interface DeadLetterFailed {

    /** Returns the position of the event. */
    Position position();

    /** Returns what the sink threw. */
    Throwable error();

    /** Returns how long until the sink gets the event again. */
    Duration retryIn();
  }

  /** A handler that runs for long. */
  interface HandlerSlow {

    /** Returns the position of the event, or of the first one of a batch. */
    Position position();

    /** Returns the key of the event, if it is handled by key and has one. */
    Optional<Object> key();

    /** Returns which delivery attempt it is, from 1. */
    int attempt();

    /** Returns for how long it has run at least. */
    Duration running();
  }

  /** An ack that came too late. */
  interface LateAck {

    /** Returns the position of the event. */
    Position position();
  }

  /** Acks that were not written. */
  interface AcksUnsent {

    /** Returns how many. */
    int count();
  }
}
