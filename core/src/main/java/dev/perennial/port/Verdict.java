package dev.perennial.port;

import java.time.Duration;

/** What an error means for a stream. */
public sealed interface Verdict {

  /**
   * Trying again can help.
   *
   * @param atLeast how long to wait at the least; the stream waits longer where its backoff says so
   */
  record Retry(Duration atLeast) implements Verdict {
    /** Refuses a negative wait. */
    public Retry {
      if (atLeast.isNegative()) {
        throw new IllegalArgumentException("atLeast must not be negative, but is " + atLeast);
      }
    }
  }

  /** The server no longer knows the position; trying again from there cannot help. */
  record PositionLost() implements Verdict {}

  /** Trying again cannot help: the stream ends with the error. */
  record Fatal() implements Verdict {}

  /** Trying again can help. */
  static Verdict retry() {
    return new Retry(Duration.ZERO);
  }

  /** Trying again can help, but not before {@code atLeast} has passed. */
  static Verdict retryAfter(Duration atLeast) {
    return new Retry(atLeast);
  }

  /** The server no longer knows the position. */
  static Verdict positionLost() {
    return new PositionLost();
  }

  /** Trying again cannot help. */
  static Verdict fatal() {
    return new Fatal();
  }
}
