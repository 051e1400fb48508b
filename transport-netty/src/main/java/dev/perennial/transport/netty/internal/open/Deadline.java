package dev.perennial.transport.netty.internal.open;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A moment until which several waits last together. */
public final class Deadline {

  private final StreamRuntime runtime;
  private final long begun;
  private final long nanos;

  public Deadline(StreamRuntime runtime, Duration timeout) {
    this.runtime = runtime;
    this.begun = runtime.nanoTime();
    this.nanos = TimeUnit.NANOSECONDS.convert(timeout);
  }

  /** What is left, never below zero. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, nanos - (runtime.nanoTime() - begun)));
  }
}
