package dev.perennial;

import dev.perennial.port.StreamRuntime.Signal;
import java.util.function.BooleanSupplier;

/**
 * Waiting that an interrupt does not cut short: closing has a deadline of its own, and must be done
 * all the same.
 */
final class Uninterrupted {

  private Uninterrupted() {}

  /** Waits until the condition holds or the time is over; an interrupt is kept for after that. */
  static boolean await(Signal signal, BooleanSupplier condition, Deadline deadline) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return signal.await(condition, deadline.remaining());
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
