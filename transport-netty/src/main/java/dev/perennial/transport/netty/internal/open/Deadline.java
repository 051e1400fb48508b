package dev.perennial.transport.netty.internal.open;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A deadline that several waits share. */
public final class Deadline {

  private final StreamRuntime runtime;
  private final long begun;
  private final long nanos;

  /** Begins the timeout. */
  public Deadline(StreamRuntime runtime, Duration timeout) {
    this.runtime = runtime;
    this.begun = runtime.nanoTime();
    this.nanos = TimeUnit.NANOSECONDS.convert(timeout);
  }

  /** Returns the time that is left, never less than zero. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, nanos - (runtime.nanoTime() - begun)));
  }
}
