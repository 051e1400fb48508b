package dev.perennial.internal.stream;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Helpers for {@link Duration}. */
public final class Durations {

  /** The longest time that a number of nanoseconds can express: 292 years. */
  public static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  private Durations() {}

  /** Returns the duration in nanoseconds, at most {@link Long#MAX_VALUE}. */
  public static long nanos(Duration duration) {
    return TimeUnit.NANOSECONDS.convert(duration);
  }

  public static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  public static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
