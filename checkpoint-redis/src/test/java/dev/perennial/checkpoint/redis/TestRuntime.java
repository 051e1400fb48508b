package dev.perennial.checkpoint.redis;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The system's, which counts the tasks that are under way, refuses some, and can be ahead. */
public final class TestRuntime implements StreamRuntime {

  private final StreamRuntime system = StreamRuntime.system();

  /** How many tasks to refuse. */
  public final AtomicInteger errors = new AtomicInteger();

  /** How many tasks there were at once. */
  public final AtomicInteger most = new AtomicInteger();

  /** In nanoseconds. */
  public final AtomicLong ahead = new AtomicLong();

  /** What was scheduled, in order. */
  public final List<Runnable> timers = new CopyOnWriteArrayList<>();

  private final AtomicInteger running = new AtomicInteger();

  @Override
  public void execute(Runnable task) {
    if (errors.getAndDecrement() > 0) {
      throw new AssertionError("no thread for it");
    }
    system.execute(() -> {
      most.accumulateAndGet(running.incrementAndGet(), Math::max);
      try {
        task.run();
      } finally {
        running.decrementAndGet();
      }
    });
  }

  @Override
  public long nanoTime() {
    return system.nanoTime() + ahead.get();
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
    timers.add(task);
    return system.schedule(delay, task);
  }
}
