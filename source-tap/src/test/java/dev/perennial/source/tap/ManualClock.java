package dev.perennial.source.tap;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;

/** A clock that moves only when a test says so. */
public final class ManualClock implements StreamRuntime {
  private long nanos;

  public void pass(Duration time) {
    nanos += time.toNanos();
  }

  public void set(Duration sinceTheBeginning) {
    nanos = sinceTheBeginning.toNanos();
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.ofEpochSecond(0, nanos);
  }

  @Override
  public double random() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Signal newSignal() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void execute(Runnable task) {
    throw new UnsupportedOperationException();
  }
}
