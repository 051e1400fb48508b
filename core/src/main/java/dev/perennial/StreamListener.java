package dev.perennial;

import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import java.time.Duration;
import java.util.Optional;

/**
 * Observes a stream and decides nothing. Called on whichever thread the thing happens on, so a
 * listener is quick and safe for use from any thread; a slow one holds up that thread, but not
 * {@link EventStream#close}. What it throws is logged and does not hurt the stream. Every method
 * does nothing by default.
 */
public interface StreamListener {

  /** The state changed. */
  default void onTransition(Transition transition) {}

  /** The checkpoint was saved. */
  default void onCheckpointSaved(CheckpointSaved saved) {}

  /** The checkpoint could not be saved; it is tried again, unless the stream is being closed. */
  default void onCheckpointSaveFailed(CheckpointSaveFailed failed) {}

  /** A checkpoint was found, and beats the start that the application configured on the source. */
  default void onStartOverridden(StartOverridden overridden) {}

  /** An event came again and is not handed out again. */
  default void onRedeliveryDropped(RedeliveryDropped dropped) {}

  /** A message could not be decoded; the application gets it as an event. */
  default void onMalformed(MalformedReceived received) {}

  /** The window has been full for 10 s: nothing more is handed out until the application acks. */
  default void onWindowFull(WindowFull full) {}

  /** The window, of which {@link #onWindowFull} told, is free again. */
  default void onWindowFree(WindowFree free) {}

  /**
   * An ack came after the stream was closed, after a stream that failed had given up its claim, or
   * after the delivery was nacked; it counts for nothing.
   */
  default void onLateAck(LateAck late) {}

  /**
   * A connection ended before all acks given to it were written; their events come again, and are
   * acked again.
   */
  default void onAcksUnsent(AcksUnsent unsent) {}

  /**
   * The state changed.
   *
   * @param from the state before
   * @param to the state from now on
   * @param cause the error that brought it about, if one did
   * @param attempt how many attempts to connect have failed in a row
   * @param delay how long the stream waits, when it backs off
   * @param connectionAge how long the connection had lived, when one ended
   */
  record Transition(
      StreamState from,
      StreamState to,
      Optional<Throwable> cause,
      int attempt,
      Optional<Duration> delay,
      Optional<Duration> connectionAge) {}

  /**
   * The checkpoint was saved.
   *
   * @param position the position saved
   * @param took how long it took
   */
  record CheckpointSaved(Position position, Duration took) {}

  /**
   * The checkpoint could not be saved.
   *
   * @param position the position that was to be saved
   * @param cause why not
   * @param retryIn how long until the next try; empty if none comes, because the stream has given
   *     up its claim or is about to
   */
  record CheckpointSaveFailed(Position position, Throwable cause, Optional<Duration> retryIn) {}

  /**
   * A checkpoint beats a configured start.
   *
   * @param checkpoint the position to go on from
   * @param configuredStart the start that is not used, in the source's words
   */
  record StartOverridden(Position checkpoint, String configuredStart) {}

  /**
   * An event came again.
   *
   * @param position its position
   * @param acked whether it had been acked, and so was acked again
   */
  record RedeliveryDropped(Position position, boolean acked) {}

  /**
   * A message could not be decoded.
   *
   * @param position its position
   * @param malformed the message
   */
  record MalformedReceived(Position position, Malformed malformed) {}

  /**
   * The window is full.
   *
   * @param unacked how many deliveries are not acked
   * @param oldestUnacked the position of the oldest of them
   */
  record WindowFull(int unacked, Optional<Position> oldestUnacked) {}

  /**
   * The window is free again.
   *
   * @param full how long it had been full
   */
  record WindowFree(Duration full) {}

  /**
   * An ack came too late.
   *
   * @param position the position of the event
   */
  record LateAck(Position position) {}

  /**
   * Acks were not written.
   *
   * @param count how many
   */
  record AcksUnsent(int count) {}
}
