package dev.perennial.simulators.redis;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits until servers meet a condition. */
final class ServerWait {

  /** Generous: the machine may be busy with everything else. */
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(20);

  private ServerWait() {}

  /**
   * Waits until a condition holds, where an error of a server counts as not yet.
   *
   * @param what the condition, for the error
   * @param state what to add to the error
   */
  static void until(String what, BooleanSupplier condition, Supplier<String> state) {
    long deadline = System.nanoTime() + LONGEST.toNanos();
    while (!holds(condition)) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            "After %s still not: %s.%n%s".formatted(LONGEST, what, state.get()));
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException("Interrupted while waiting for: " + what + ".");
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (RedisReplyException | UncheckedIOException e) {
      return false;
    }
  }
}
