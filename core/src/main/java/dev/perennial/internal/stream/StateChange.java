package dev.perennial.internal.stream;

import dev.perennial.StreamState;
import java.time.Duration;
import java.util.Optional;

/**
 * A change of a stream's state, and what listeners learn about it.
 *
 * @param attempt how many connection attempts have failed in a row
 */
public record StateChange(
    StreamState to, Optional<Throwable> cause, int attempt, Optional<Duration> delay) {

  public static StateChange to(StreamState state) {
    return new StateChange(state, Optional.empty(), 0, Optional.empty());
  }

  /**
   * The change to a live connection.
   *
   * @param attempts how many had failed in a row before the connection
   */
  public static StateChange live(int attempts) {
    return new StateChange(StreamState.LIVE, Optional.empty(), attempts, Optional.empty());
  }

  /** The change to waiting before the next connection attempt. */
  public static StateChange backingOff(Throwable cause, int attempts, Duration delay) {
    return new StateChange(
        StreamState.BACKING_OFF, Optional.of(cause), attempts, Optional.of(delay));
  }

  public static StateChange failed(StreamFailure failure) {
    return new StateChange(
        StreamState.FAILED,
        Optional.ofNullable(failure.cause()),
        failure.attempts(),
        Optional.empty());
  }
}
