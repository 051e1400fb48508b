package dev.perennial.cli.demo;

import dev.perennial.port.BackoffPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * The service that the handlers of the demos call. It fails now and then, and works again at the
 * next attempt. Safe for use from any thread.
 */
final class UnreliableService {

  /** How many attempts a handler has. */
  static final int ATTEMPTS = 3;

  /** Short waits, so that the demo is short. */
  static final BackoffPolicy RETRY =
      BackoffPolicy.exponential(Duration.ofMillis(10), Duration.ofMillis(100));

  /** The first attempt fails for one of this many events. */
  private static final int EVENTS_PER_FAILURE = 200;

  private final long seed;

  /**
   * @param seed determines, with the name of an event, whether its first attempt fails
   */
  UnreliableService(long seed) {
    this.seed = seed;
  }

  /** Does nothing, or fails. */
  void call(String event, int attempt) throws IOException {
    if (attempt == 1
        && new SplittableRandom(seed ^ event.hashCode()).nextInt(EVENTS_PER_FAILURE) == 0) {
      throw new IOException("the service does not answer");
    }
  }
}
