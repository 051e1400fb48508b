package dev.perennial.testkit.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A detector of runs that make no more steps. It waits in real time for a run to end. */
final class StallDetector {

  private static final long POLL_MILLIS = 100;

  private StallDetector() {}

  /**
   * Waits for the end of a run.
   *
   * @param longest how long the run may make no step, in real time
   * @param stuck makes the error of a stuck run from the words that say for how long it was stuck
   */
  static void await(
      CountDownLatch over,
      ExecutionTrace trace,
      Duration longest,
      Function<String, AssertionError> stuck) {
    long seen = -1;
    long since = System.nanoTime();
    try {
      while (!over.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        long now = System.nanoTime();
        if (trace.steps() != seen) {
          seen = trace.steps();
          since = now;
        } else if (now - since > longest.toNanos()) {
          throw stuck.apply("for " + VirtualClock.text(longest) + " of real time");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stuck.apply("before the thread that called run() was interrupted");
    }
  }
}
