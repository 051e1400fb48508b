package dev.perennial.testkit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Waits in real time for a run to end, and notices when nothing moves any more. */
final class Watchdog {

  private static final long LOOK_EVERY_MILLIS = 100;

  private Watchdog() {}

  /**
   * Waits for the end.
   *
   * @param stuck makes an error of the words that say since when nothing has moved
   */
  static void await(
      CountDownLatch over, Trace trace, Duration longest, Function<String, ActorFailure> stuck) {
    long seen = -1;
    long since = System.nanoTime();
    try {
      while (!over.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
        long now = System.nanoTime();
        if (trace.steps() != seen) {
          seen = trace.steps();
          since = now;
        } else if (now - since > longest.toNanos()) {
          throw stuck.apply("for " + longest + " of real time");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw stuck.apply("before the thread that called run() was interrupted");
    }
  }
}
