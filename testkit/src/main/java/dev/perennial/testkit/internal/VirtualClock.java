package dev.perennial.testkit.internal;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * A clock of virtual time, in nanoseconds from the start of the run. Only the thread that has the
 * turn uses it.
 */
public final class VirtualClock {

  static final long NEVER = Long.MAX_VALUE;

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final long nanoOrigin;
  private long elapsed;

  VirtualClock(SplittableRandom random) {
    // A clock that overflows Long.MAX_VALUE within the first minute reveals code that compares
    // times instead of subtracting them.
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

  public long elapsed() {
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

  /** Returns the time after a duration from now. A negative duration counts as zero. */
  long deadline(Duration fromNow) {
    long nanos = Math.max(0, nanos(fromNow));
    return nanos >= NEVER - elapsed ? NEVER : elapsed + nanos;
  }

  /** Formats a duration for messages, such as {@code 1.2 s}. */
  public static String text(Duration duration) {
    BigDecimal seconds =
        BigDecimal.valueOf(duration.getSeconds()).add(BigDecimal.valueOf(duration.getNano(), 9));
    return seconds.stripTrailingZeros().toPlainString() + " s";
  }

  /** Returns a duration in nanoseconds; {@link #NEVER} if it does not fit. */
  static long nanos(Duration duration) {
    return TimeUnit.NANOSECONDS.convert(duration);
  }
}
