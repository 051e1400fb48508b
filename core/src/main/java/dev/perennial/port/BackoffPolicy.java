package dev.perennial.port;

import java.time.Duration;

/**
 * How long to wait before the next attempt. A pure function, so that it is safe to share and to
 * test.
 */
@FunctionalInterface
public interface BackoffPolicy {

  /**
   * The wait before the next attempt.
   *
   * @param failures how many attempts in a row have failed, from 1
   * @param random a random number from 0 (inclusive) to 1 (exclusive)
   */
  Duration delay(int failures, double random);

  /**
   * Doubles from {@code base} to {@code cap}, each wait shortened at random by up to half.
   *
   * @throws IllegalArgumentException unless 0 &lt; base ≤ cap
   */
  static ExponentialBackoff exponential(Duration base, Duration cap) {
    return new ExponentialBackoff(base, cap, 2, 0.5);
  }
}
