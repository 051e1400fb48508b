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
   * The longest wait of this policy, or five minutes if it does not say. A server may ask the
   * stream to wait for longer than {@link #delay}, but not for longer than five minutes or this,
   * whichever is longer.
   */
  default Duration cap() {
    return Duration.ofMinutes(5);
  }

  /**
   * Returns a policy that doubles the wait from {@code base} up to {@code cap} and shortens each at
   * random by up to half.
   *
   * @throws IllegalArgumentException unless 0 &lt; base ≤ cap
   */
  static ExponentialBackoff exponential(Duration base, Duration cap) {
    return new ExponentialBackoff(base, cap, 2, 0.5);
  }
}
