package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Waiting that an interrupt does not cut short: closing has a deadline of its own, and must be done
 * all the same.
 */
public final class UninterruptibleWait {

  /** How long to wait before asking again for what may not have reached anybody. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(500);

  private UninterruptibleWait() {}

  /**
   * Asks for something, and waits until the condition holds or the time is over. Asks again now and
   * then, because no thread may have been there for what was asked.
   */
  public static boolean await(
      Signal signal, Runnable ask, BooleanSupplier condition, Deadline deadline) {
    return await(signal, ask, condition, deadline, ASK_AGAIN);
  }

  /** Waits until the condition holds or the time is over; an interrupt is kept for after that. */
  public static boolean await(Signal signal, BooleanSupplier condition, Deadline deadline) {
    return await(signal, () -> {}, condition, deadline, Durations.FOREVER);
  }

  private static boolean await(
      Signal signal, Runnable ask, BooleanSupplier condition, Deadline deadline, Duration most) {
    boolean interrupted = false;
    try {
      while (true) {
        ask.run();
        try {
          if (signal.await(condition, deadline.remaining(most))) {
            return true;
          }
          if (deadline.isOver()) {
            return false;
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
