package dev.perennial.port;

import java.util.Optional;

/**
 * A source whose client remembers how far it got, and says where to go on when it connects.
 *
 * @param <E> the type of the events
 * @param <P> the type of their positions
 */
public non-sealed interface ClientTrackedSource<E, P extends Position> extends Source<E, P> {

  /**
   * Where a stream without a checkpoint begins. The stream saves it before it connects, so that a
   * crash before the first ack loses nothing. Empty if the source cannot name its start: it then
   * begins wherever the server lets it, and what happens until the first ack is not safe from a
   * crash.
   *
   * @throws Exception if the start could not be found out; {@link #errors()} says what that means
   */
  Optional<P> start() throws Exception;

  /**
   * The start that the application asked for, in words, if it asked for one. A checkpoint beats it,
   * and the stream's listener is then told so.
   */
  default Optional<String> configuredStart() {
    return Optional.empty();
  }

  /**
   * Opens a connection that gives what comes after a position. Exclusive: where the server repeats
   * the event at the position itself, the connection drops what it knows to be the same, and in
   * doubt hands it out. May block for as long as the source's own timeouts allow; returns soon when
   * interrupted.
   *
   * @param after the last position received or restored; empty if there is none
   * @throws Exception if it could not; {@link #errors()} says what that means
   */
  Connection<E, P> connect(Optional<P> after) throws Exception;

  /**
   * Decides what to do when the server no longer knows a position.
   *
   * @param lost the position that was asked for
   * @param cause the error that was classified as {@link Verdict.PositionLost}
   * @throws Exception if it could not decide now; this counts as a failed attempt to connect
   */
  Recovery<E, P> recover(P lost, Throwable cause) throws Exception;

  /**
   * Writes a position down. The inverse of {@link #decode}. Called from any thread, also while a
   * connection receives.
   */
  Checkpoint encode(P position);

  /**
   * Reads a position from a checkpoint. Owns the checkpoint's fingerprint: where the checkpoint was
   * made under other settings, it is used as it is, degraded (for example to a time), or rejected.
   *
   * @throws CheckpointException with reason {@link CheckpointException.Reason#MISMATCH MISMATCH} if
   *     the checkpoint is not this source's, or {@link CheckpointException.Reason#CORRUPT CORRUPT}
   *     if it cannot be read
   */
  P decode(Checkpoint saved) throws CheckpointException;
}
