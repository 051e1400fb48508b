package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;

/** The time by which a call should return. */
public final class Deadline {

  private final StreamRuntime runtime;
  private final long from;
  private final long nanos;

  private Deadline(StreamRuntime runtime, long from, long nanos) {
    this.runtime = runtime;
    this.from = from;
    this.nanos = nanos;
  }

  public static Deadline in(Duration timeout, StreamRuntime runtime) {
    return new Deadline(runtime, runtime.nanoTime(), Durations.nanos(timeout));
  }

  public static Deadline never(StreamRuntime runtime) {
    return new Deadline(runtime, 0, Long.MAX_VALUE);
  }

  public boolean isOver() {
    return nanos != Long.MAX_VALUE && elapsed() >= nanos;
  }

  /** Returns the time left; zero if the deadline has passed. */
  public Duration remaining() {
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
    return isOver() ? Duration.ofNanos(elapsed() - nanos) : Duration.ZERO;
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
