package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits with any runtime, and tells a virtual one what no actor may go on after. */
final class Waiting {

  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  private Waiting() {}

  static void sleep(StreamRuntime runtime, Duration time) throws InterruptedException {
    if (!time.isZero()) {
      runtime.newSignal().await(() -> false, time);
    }
  }

  /**
   * Waits as a driver does that an interrupt does not reach; the interrupt is kept for after that.
   */
  static void stall(StreamRuntime runtime, Duration time) {
    long begun = runtime.nanoTime();
    boolean interrupted = false;
    Duration left = time;
    while (left.compareTo(Duration.ZERO) > 0) {
      try {
        sleep(runtime, left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      left = time.minusNanos(runtime.nanoTime() - begun);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until interrupted. */
  static void hang(StreamRuntime runtime) throws InterruptedException {
    hangUntil(runtime.newSignal(), () -> false);
  }

  /**
   * Waits for what may never come. In virtual time this is known to be on purpose, and so is no
   * deadlock.
   */
  static void hangUntil(StreamRuntime.Signal signal, BooleanSupplier condition)
      throws InterruptedException {
    if (signal instanceof VirtualSignal virtual) {
      virtual.hangUntil(condition);
    } else {
      signal.await(condition, FOR_EVER);
    }
  }

  /** Ends a virtual run with an error at once; others look at what was recorded. */
  static void fail(StreamRuntime runtime, AssertionError error) {
    if (runtime instanceof VirtualRuntime virtual) {
      virtual.fail(error);
    } else if (runtime instanceof VirtualProcess process) {
      process.fail(error);
    }
  }
}
