package dev.perennial;

import dev.failsafe.Execution;
import dev.failsafe.RetryPolicy;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.LogText;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.DoubleSupplier;

/**
 * The failed attempts of one outage: how many in a row, whether another is allowed, and after what
 * delay. Failsafe counts; the waiting is ours, because it must know {@code close()} and virtual
 * time.
 */
final class Attempts {

  private final RetryPolicy<Object> policy;
  private final BackoffPolicy backoff;
  private final DoubleSupplier random;
  private Execution<Object> execution;

  Attempts(BackoffPolicy backoff, OptionalInt most, DoubleSupplier random) {
    this.backoff = backoff;
    this.random = random;
    this.policy =
        RetryPolicy.builder()
            .withMaxAttempts(most.orElse(-1))
            .handleIf((Throwable error) -> true)
            .build();
    this.execution = Execution.of(policy);
  }

  /** Counts a failed attempt, and says whether another is allowed. */
  boolean failed(Throwable cause) {
    execution.recordException(cause);
    return !execution.isComplete();
  }

  /** How many have failed in a row. */
  int count() {
    return execution.getAttemptCount();
  }

  /**
   * How long to wait before the next attempt. At least the first delay, also when none has failed.
   * Not asked for by Failsafe, which would wrap a lack of memory as if the policy had a fault.
   */
  Duration delay() {
    int failures = Math.max(1, count());
    Duration delay =
        AdapterFault.call(backoff, "delay", () -> backoff.delay(failures, random.getAsDouble()));
    if (delay.isNegative()) {
      throw AdapterFault.returned(
          "a negative wait of " + LogText.duration(delay), backoff, "delay");
    }
    return delay;
  }

  /** A connection has proved itself: the next failure is the first again. */
  void startOver() {
    if (count() > 0) {
      execution = Execution.of(policy);
    }
  }
}
