package dev.perennial.internal.stream;

import dev.perennial.StreamListener.Transition;
import dev.perennial.StreamState;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A change of a stream's state, and what listeners learn about it. */
public record StateChange(
    StreamState to,
    @Nullable Throwable cause,
    int attempt,
    @Nullable Duration delay,
    @Nullable Duration connectionAge) {

  public static StateChange to(StreamState state) {
    return new StateChange(state, null, 0, null, null);
  }

  /**
   * The change to a live connection.
   *
   * @param attempts how many had failed in a row before the connection
   */
  public static StateChange live(int attempts) {
    return new StateChange(StreamState.LIVE, null, attempts, null, null);
  }

  /**
   * The change to waiting before the next connection attempt.
   *
   * @param age of the connection that was lost; null if none came about
   */
  public static StateChange backingOff(
      Throwable cause, int attempts, Duration delay, @Nullable Duration age) {
    return new StateChange(StreamState.BACKING_OFF, cause, attempts, delay, age);
  }

  /**
   * The change to the end of the source.
   *
   * @param age of the connection that gave the end
   */
  public static StateChange ended(Duration age) {
    return new StateChange(StreamState.ENDED, null, 0, null, age);
  }

  public static StateChange failed(StreamFailure failure) {
    return new StateChange(StreamState.FAILED, failure.cause(), failure.attempts(), null, null);
  }

  public Transition from(StreamState state) {
    return new Transition(
        state,
        to,
        Optional.ofNullable(cause),
        attempt,
        Optional.ofNullable(delay),
        Optional.ofNullable(connectionAge));
  }
}
