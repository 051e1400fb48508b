package dev.perennial.benchmarks.handling;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One engine's turn: its handlers, and a meter from the call that starts them until the last of
 * them returns. Opening and closing are not measured.
 */
final class Turn {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** An engine that takes longer is stuck. */
  private static final long MOST_SECONDS = 300;

  private final Load load;
  private final AtomicLong handled = new AtomicLong();
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile long begunAt;
  private volatile long cpuBefore;
  private volatile long nanos;
  private volatile long cpuNanos;

  Turn(Load load) {
    this.load = load;
  }

  Load load() {
    return load;
  }

  void begin() {
    cpuBefore = SYSTEM.getProcessCpuTime();
    begunAt = System.nanoTime();
  }

  /** The handler of one event. */
  void handle() throws InterruptedException {
    if (!load.sleep().isZero()) {
      Thread.sleep(load.sleep().toMillis());
    }
    if (handled.incrementAndGet() == load.events()) {
      nanos = System.nanoTime() - begunAt;
      cpuNanos = SYSTEM.getProcessCpuTime() - cpuBefore;
      done.countDown();
    }
  }

  long handled() {
    return handled.get();
  }

  void await() throws InterruptedException {
    if (!done.await(MOST_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "Handled " + handled + " events of " + load.events() + " in " + MOST_SECONDS + " s");
    }
  }

  double thousandsPerSecond() {
    return load.events() * 1e6 / nanos;
  }

  /** Processor time of the whole process for an event, with collector and compiler. */
  double cpuMicros() {
    return cpuNanos / 1e3 / load.events();
  }
}
