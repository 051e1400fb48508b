package dev.perennial.internal.connection;

import dev.failsafe.Execution;
import dev.failsafe.RetryPolicy;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.DoubleSupplier;

/**
 * The failed connection attempts of one outage: their number, whether another is allowed, and the
 * delay before it. Failsafe counts and computes; it does not wait, because its waiting knows
 * neither {@code close()} nor virtual time.
 */
public final class Attempts {

  private final RetryPolicy<Object> policy;
  private final BackoffPolicy backoff;
  private final DoubleSupplier random;
  private Execution<Object> execution;

  public Attempts(BackoffPolicy backoff, OptionalInt most, DoubleSupplier random) {
    this.backoff = backoff;
    this.random = random;
    this.policy =
        RetryPolicy.builder()
            .withMaxAttempts(most.orElse(-1))
            .handleIf((Throwable error) -> true)
            .build();
    this.execution = Execution.of(policy);
  }

  /** Counts a failed attempt. Returns whether another is allowed. */
  public boolean failed(Throwable cause) {
    execution.recordException(cause);
    return !execution.isComplete();
  }

  /** Returns how many attempts have failed in a row. */
  public int count() {
    return execution.getAttemptCount();
  }

  /**
   * Returns the delay before the next attempt: at least the first delay, also if none has failed.
   * It does not ask Failsafe, which would wrap a lack of memory as if the policy were at fault.
   */
  public Duration delay() {
    int failures = Math.max(1, count());
    Duration delay =
        AdapterFault.call(backoff, "delay", () -> backoff.delay(failures, random.getAsDouble()));
    if (delay.isNegative()) {
      throw AdapterFault.returned(
          "a negative wait of " + LogText.duration(delay), backoff, "delay");
    }
    return delay;
  }

  /** Resets the count, because a connection has proved itself. */
  public void startOver() {
    if (count() > 0) {
      execution = Execution.of(policy);
    }
  }
}
