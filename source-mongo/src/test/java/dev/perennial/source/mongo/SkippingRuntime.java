package dev.perennial.source.mongo;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** The system's, whose monotonic time a test can put forward. */
public final class SkippingRuntime implements StreamRuntime {

  private final StreamRuntime system = StreamRuntime.system();
  private final AtomicLong skipped = new AtomicLong();

  public void skip(Duration time) {
    skipped.addAndGet(time.toNanos());
  }

  @Override
  public long nanoTime() {
    return system.nanoTime() + skipped.get();
  }

  @Override
  public Instant now() {
    return system.now();
  }

  @Override
  public double random() {
    return system.random();
  }

  @Override
  public Signal newSignal() {
    return system.newSignal();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    return system.schedule(delay, task);
  }

  @Override
  public void execute(Runnable task) {
    system.execute(task);
  }
}
