package dev.perennial.port;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Waits that grow by a factor up to a cap, each shortened at random so that clients do not come
 * back in step: {@code d = min(cap, base × multiplier^(failures−1))}, of which {@code d × (1 −
 * jitter × random)} is waited.
 *
 * @param base the first wait, over zero
 * @param cap the longest wait, at least {@code base}
 * @param multiplier the growth from one failure to the next, at least 1
 * @param jitter the largest part of a wait that chance takes away, from 0 to 1
 */
public record ExponentialBackoff(Duration base, Duration cap, double multiplier, double jitter)
    implements BackoffPolicy {

  /** Refuses values out of range. */
  public ExponentialBackoff {
    if (base.isNegative() || base.isZero() || base.compareTo(cap) > 0) {
      throw new IllegalArgumentException(
          "exponential() needs 0 < base <= cap, but got base %d ms and cap %d ms."
              .formatted(base.toMillis(), cap.toMillis()));
    }
    if (!(multiplier >= 1) || Double.isInfinite(multiplier)) {
      throw new IllegalArgumentException(
          "The multiplier must be at least 1, but is " + multiplier + ".");
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      throw new IllegalArgumentException("The jitter must be from 0 to 1, but is " + jitter + ".");
    }
  }

  /** The same with another multiplier. */
  public ExponentialBackoff withMultiplier(double multiplier) {
    return new ExponentialBackoff(base, cap, multiplier, jitter);
  }

  /** The same with another jitter. */
  public ExponentialBackoff withJitter(double jitter) {
    return new ExponentialBackoff(base, cap, multiplier, jitter);
  }

  @Override
  public Duration delay(int failures, double random) {
    if (failures < 1) {
      throw new IllegalArgumentException(
          "delay() counts failures from 1, but got " + failures + ".");
    }
    // A double that is too large for a long becomes the largest one, which min() brings back under
    // the cap.
    long grown = (long) (nanos(base) * Math.pow(multiplier, failures - 1));
    long wait = Math.min(nanos(cap), grown);
    return Duration.ofNanos(Math.min(wait, Math.round(wait * (1 - jitter * random))));
  }

  /** Returns the nanoseconds, at most 292 years of them. */
  private static long nanos(Duration duration) {
    return TimeUnit.NANOSECONDS.convert(duration);
  }
}
