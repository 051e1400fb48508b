package dev.perennial.testkit;

import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Virtual time, counted in nanoseconds from the start of the run. Belongs to whoever has the baton.
 */
final class VirtualClock {

  static final long NEVER = Long.MAX_VALUE;

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final long nanoOrigin;
  private long elapsed;

  VirtualClock(SplittableRandom random) {
    // A clock that passes Long.MAX_VALUE within the minute shows who compares times instead of
    // subtracting them.
    nanoOrigin =
        random.nextInt(4) == 0
            ? Long.MAX_VALUE - random.nextLong(TimeUnit.MINUTES.toNanos(1))
            : random.nextLong() | 1;
  }

  long nanoTime() {
    return nanoOrigin + elapsed;
  }

  Instant now() {
    return START.plusNanos(elapsed);
  }

  long elapsed() {
    return elapsed;
  }

  void moveTo(long later) {
    elapsed = later;
  }

  void moveBy(long nanos) {
    elapsed += nanos;
  }

  boolean isPast(long deadline) {
    return deadline <= elapsed;
  }

  /** The time that so long from now is; at once if the duration is negative. */
  long deadline(Duration fromNow) {
    long nanos = Math.max(0, nanos(fromNow));
    return nanos >= NEVER - elapsed ? NEVER : elapsed + nanos;
  }

  /** A duration in nanoseconds; those that do not fit are for ever. */
  static long nanos(Duration duration) {
    return TimeUnit.NANOSECONDS.convert(duration);
  }
}
