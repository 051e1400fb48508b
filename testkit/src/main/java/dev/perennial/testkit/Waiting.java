package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;

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
   * Waits until interrupted. In virtual time this is known to be on purpose, and so is no deadlock.
   */
  static void hang(StreamRuntime runtime) throws InterruptedException {
    if (runtime instanceof VirtualRuntime virtual) {
      virtual.hang();
    } else if (runtime instanceof VirtualProcess process) {
      process.hang();
    }
    runtime.newSignal().await(() -> false, FOR_EVER);
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
