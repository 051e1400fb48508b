package dev.perennial.port;

import java.util.Optional;

/**
 * A source whose client tracks the position, and passes it to the server when it connects.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public non-sealed interface ClientTrackedSource<E, P extends Position> extends Source<E, P> {

  /**
   * Returns where a stream without a checkpoint begins. The stream saves it before it connects, so
   * that a crash before the first ack loses nothing. Empty if the source cannot name its start: it
   * then begins where the server chooses, and a crash before the first ack can lose events.
   *
   * @throws Exception if the start cannot be determined; {@link #errors()} classifies it
   */
  Optional<P> start() throws Exception;

  /**
   * Returns a description of the start that the application configured, if it configured one. A
   * checkpoint takes precedence over it, and the stream then notifies its listeners.
   */
  default Optional<String> configuredStart() {
    return Optional.empty();
  }

  /**
   * Opens a connection that returns the events after a position. The position is exclusive: if the
   * server repeats the event at the position itself, the connection drops it, or hands it out if it
   * may be another one. May block for as long as the source's own timeouts allow; returns soon when
   * interrupted.
   *
   * @param after the last position received or restored; empty if there is none
   * @throws Exception if it cannot connect; {@link #errors()} classifies it
   */
  Connection<E, P> connect(Optional<P> after) throws Exception;

  /**
   * Decides what to do when the server no longer knows a position.
   *
   * @param lost the lost position
   * @param cause the error that was classified as {@link Verdict.PositionLost}
   * @throws Exception if it cannot decide now; this counts as a failed connection attempt
   */
  Recovery<E, P> recover(P lost, Throwable cause) throws Exception;

  /**
   * Encodes a position as a checkpoint. The inverse of {@link #decode}. Called by any thread, even
   * while a connection receives.
   */
  Checkpoint encode(P position);

  /**
   * Reads a position from a checkpoint. The source decides what the fingerprint means: a checkpoint
   * made with other settings is used as it is, degraded (for example to a time), or rejected.
   *
   * @throws CheckpointException with reason {@link CheckpointException.Reason#MISMATCH MISMATCH} if
   *     the checkpoint belongs to another source, or {@link CheckpointException.Reason#CORRUPT
   *     CORRUPT} if it cannot be read
   */
  P decode(Checkpoint saved) throws CheckpointException;
}
