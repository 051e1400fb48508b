package dev.perennial.port;

import java.time.Duration;

/** What an error means for a stream. */
public sealed interface Verdict {

  /**
   * Trying again can help.
   *
   * @param atLeast how long to wait at the least; the stream waits longer if its backoff says so,
   *     and never more than five minutes or the backoff's cap, whichever is longer, because of this
   */
  record Retry(Duration atLeast) implements Verdict {
    /** Refuses a negative wait. */
    public Retry {
      if (atLeast.isNegative()) {
        throw new IllegalArgumentException(
            "A retry needs a wait that is not negative, but got " + atLeast.toMillis() + " ms.");
      }
    }
  }

  /** The server no longer knows the position, so that a retry from there cannot help. */
  record PositionLost() implements Verdict {}

  /**
   * The server, or something that answers in its place, refuses. Fatal at once for a stream that
   * has never been live, because then the settings are usually wrong. A stream that has been live
   * retries, and fails after it got nothing but refusals for as long as it tolerates them.
   */
  record Refused() implements Verdict {}

  /**
   * An error that the classifier does not know but that may pass. The stream retries it, even
   * before it has been live, and fails after it got nothing but such errors and refusals for as
   * long as it tolerates them.
   */
  record Unknown() implements Verdict {}

  /** A retry cannot help: the stream fails with the error. */
  record Fatal() implements Verdict {}

  /** A retry can help. */
  static Verdict retry() {
    return new Retry(Duration.ZERO);
  }

  /** A retry can help, but not before {@code atLeast} has passed. */
  static Verdict retryAfter(Duration atLeast) {
    return new Retry(atLeast);
  }

  /** The server no longer knows the position. */
  static Verdict positionLost() {
    return new PositionLost();
  }

  /** The server refuses: fatal on a stream that has never been live, otherwise once it persists. */
  static Verdict refused() {
    return new Refused();
  }

  /** May pass: retried, and fatal once it persists. */
  static Verdict unknown() {
    return new Unknown();
  }

  /** A retry cannot help. */
  static Verdict fatal() {
    return new Fatal();
  }
}
