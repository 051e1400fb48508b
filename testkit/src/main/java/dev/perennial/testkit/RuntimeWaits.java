package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.internal.VirtualSignal;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Static methods that wait in any runtime, and that fail a virtual run. */
final class RuntimeWaits {

  private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

  private RuntimeWaits() {}

  static void sleep(StreamRuntime runtime, Duration time) throws InterruptedException {
    if (!time.isZero()) {
      runtime.newSignal().await(() -> false, time);
    }
  }

  /** Waits like a driver that ignores interrupts. The interrupt flag is set again afterwards. */
  static void stall(StreamRuntime runtime, Duration time) {
    long start = runtime.nanoTime();
    boolean interrupted = false;
    Duration left = time;
    while (left.compareTo(Duration.ZERO) > 0) {
      try {
        sleep(runtime, left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      left = time.minusNanos(runtime.nanoTime() - start);
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
   * Waits for a condition that may never hold. A virtual runtime does not count this as a deadlock.
   */
  static void hangUntil(StreamRuntime.Signal signal, BooleanSupplier condition)
      throws InterruptedException {
    if (signal instanceof VirtualSignal virtual) {
      virtual.hangUntil(condition);
    } else {
      signal.await(condition, FOREVER);
    }
  }

  /** Fails a virtual run with an error at once. With other runtimes, does nothing. */
  static void fail(StreamRuntime runtime, AssertionError error) {
    if (runtime instanceof VirtualRuntime virtual) {
      virtual.fail(error);
    } else if (runtime instanceof VirtualProcess process) {
      process.fail(error);
    }
  }
}
