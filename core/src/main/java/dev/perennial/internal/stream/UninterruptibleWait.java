package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime.Signal;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Waits that an interrupt does not end, for closing: it has a deadline of its own and must be
 * completed. The interrupt is restored afterwards.
 */
public final class UninterruptibleWait {

  /** How long to wait before asking again. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(500);

  private UninterruptibleWait() {}

  /**
   * Asks for something and waits until the condition holds or the time is over. Asks again every
   * 500 ms, because there may have been no thread for the first request.
   */
  public static boolean await(
      Signal signal, Runnable ask, BooleanSupplier condition, Deadline deadline) {
    return await(signal, ask, condition, deadline, ASK_AGAIN);
  }

  /** Waits until the condition holds or the time is over. */
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
