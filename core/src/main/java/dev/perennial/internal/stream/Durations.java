package dev.perennial.internal.stream;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What {@link Duration} lacks. */
public final class Durations {

  /** As long as a number of nanoseconds can say: 292 years. */
  public static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  private Durations() {}

  /** The duration in nanoseconds, or the largest number of them where it is longer. */
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
