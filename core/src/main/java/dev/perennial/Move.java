package dev.perennial;

import dev.perennial.StreamListener.Transition;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A change of a stream's state, from whichever it is in, and what is told of it. */
record Move(
    StreamState to,
    @Nullable Throwable cause,
    int attempt,
    @Nullable Duration delay,
    @Nullable Duration connectionAge) {

  static Move to(StreamState state) {
    return new Move(state, null, 0, null, null);
  }

  /**
   * @param attempts how many had failed in a row before the connection
   */
  static Move live(int attempts) {
    return new Move(StreamState.LIVE, null, attempts, null, null);
  }

  /**
   * @param age of the connection that was lost; null if none came about
   */
  static Move backingOff(Throwable cause, int attempts, Duration delay, @Nullable Duration age) {
    return new Move(StreamState.BACKING_OFF, cause, attempts, delay, age);
  }

  /**
   * @param age of the connection that gave the end
   */
  static Move ended(Duration age) {
    return new Move(StreamState.ENDED, null, 0, null, age);
  }

  static Move failed(Death death) {
    return new Move(StreamState.FAILED, death.cause(), death.attempts(), null, null);
  }

  Transition from(StreamState state) {
    return new Transition(
        state,
        to,
        Optional.ofNullable(cause),
        attempt,
        Optional.ofNullable(delay),
        Optional.ofNullable(connectionAge));
  }
}
