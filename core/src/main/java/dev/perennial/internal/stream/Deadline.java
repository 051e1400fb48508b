package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The time by which a call should return. */
public final class Deadline {

  private final StreamRuntime runtime;
  private final long from;
  private final long nanos;
  private final BooleanSupplier cancelled;

  private Deadline(StreamRuntime runtime, long from, long nanos) {
    this(runtime, from, nanos, () -> false);
  }

  private Deadline(StreamRuntime runtime, long from, long nanos, BooleanSupplier cancelled) {
    this.runtime = runtime;
    this.from = from;
    this.nanos = nanos;
    this.cancelled = cancelled;
  }

  public static Deadline in(Duration timeout, StreamRuntime runtime) {
    return new Deadline(runtime, runtime.nanoTime(), Durations.nanos(timeout));
  }

  public static Deadline never(StreamRuntime runtime) {
    return new Deadline(runtime, 0, Long.MAX_VALUE);
  }

  public boolean isOver() {
    return cancelled.getAsBoolean() || (nanos != Long.MAX_VALUE && elapsed() >= nanos);
  }

  /**
   * Returns this deadline, which is also over once the call is cancelled. A wait that has begun
   * before does not end by itself.
   */
  public Deadline orOnce(BooleanSupplier cancelled) {
    return new Deadline(runtime, from, nanos, cancelled);
  }

  /** Returns the time left; zero if the deadline has passed. */
  public Duration remaining() {
    if (cancelled.getAsBoolean()) {
      return Duration.ZERO;
    }
    return nanos == Long.MAX_VALUE
        ? Durations.FOREVER
        : Duration.ofNanos(Math.max(0, nanos - elapsed()));
  }

  /** Returns the time left, at most {@code most}. */
  public Duration remaining(Duration most) {
    if (nanos == Long.MAX_VALUE) {
      return most;
    }
    Duration left = remaining();
    return left.compareTo(most) < 0 ? left : most;
  }

  /** Returns how long ago the deadline passed; zero if it has not. */
  public Duration overdue() {
    return isOver() ? Duration.ofNanos(Math.max(0, elapsed() - nanos)) : Duration.ZERO;
  }

  /** Returns a deadline that is later by a time. */
  public Deadline later(Duration time) {
    return new Deadline(runtime, from + Durations.nanos(time), nanos);
  }

  /** Returns this deadline, or one after {@code longest} if that is earlier. */
  public Deadline atMost(Duration longest) {
    return remaining().compareTo(longest) <= 0 ? this : in(longest, runtime);
  }

  private long elapsed() {
    return runtime.nanoTime() - from;
  }
}
