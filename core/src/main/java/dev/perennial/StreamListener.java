package dev.perennial;

import dev.perennial.port.Malformed;
import dev.perennial.port.Position;
import java.time.Duration;
import java.util.Optional;

/**
 * A listener of a stream, which observes and decides nothing. It is called on whichever thread
 * causes the event, so it must be quick and safe for use from any thread; a slow one blocks that
 * thread, but not {@link EventStream#close}. What it throws is logged and does not affect the
 * stream. Every method does nothing by default.
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
   * Called for an ack that does not count: the stream was closed, it had failed and released its
   * claim, or the delivery was nacked.
   */
  default void onLateAck(LateAck late) {}

  /**
   * Called when a connection has ended before all its acks were written. The server sends their
   * events again, and the stream acks them again.
   */
  default void onAcksUnsent(AcksUnsent unsent) {}

  /**
   * A change of the state.
   *
   * @param from the state before
   * @param to the state from now on
   * @param cause the error that caused it, if one did
   * @param attempt how many connection attempts have failed in a row
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
   * A save of the checkpoint.
   *
   * @param position the position saved
   * @param took how long it took
   */
  record CheckpointSaved(Position position, Duration took) {}

  /**
   * A failed save of the checkpoint.
   *
   * @param position the position that was to be saved
   * @param cause why it was not saved
   * @param retryIn how long until the next attempt; empty if none follows, because the stream has
   *     released its claim or is about to
   */
  record CheckpointSaveFailed(Position position, Throwable cause, Optional<Duration> retryIn) {}

  /**
   * A checkpoint that takes precedence over a start.
   *
   * @param checkpoint the position to resume from
   * @param configuredStart the start that is not used, in the source's words
   */
  record StartOverridden(Position checkpoint, String configuredStart) {}

  /**
   * An event that came again.
   *
   * @param position its position
   * @param acked whether it had been acked, so that it was acked again
   */
  record RedeliveryDropped(Position position, boolean acked) {}

  /**
   * A message that could not be decoded.
   *
   * @param position its position
   * @param malformed the message
   */
  record MalformedReceived(Position position, Malformed malformed) {}

  /**
   * A window that has been full for long.
   *
   * @param unacked how many deliveries are not acked
   * @param oldestUnacked the position of the oldest of them
   */
  record WindowFull(int unacked, Optional<Position> oldestUnacked) {}

  /**
   * A window that has room again.
   *
   * @param full how long it had been full
   */
  record WindowFree(Duration full) {}

  /**
   * An ack that came too late.
   *
   * @param position the position of the event
   */
  record LateAck(Position position) {}

  /**
   * Acks that were not written.
   *
   * @param count how many
   */
  record AcksUnsent(int count) {}
}
