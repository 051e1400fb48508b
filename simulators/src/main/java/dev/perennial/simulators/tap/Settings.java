package dev.perennial.simulators.tap;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a simulator was built. */
public record Settings(
    @Nullable String password,
    DeliveryMode mode,
    Duration retryTimeout,
    Duration deleteInterval,
    int outboxCapacity,
    boolean keepsLedger,
    long seed) {

  /** Leaves the password out. */
  @Override
  public String toString() {
    return "Settings["
        + mode
        + ", retryTimeout "
        + retryTimeout
        + ", deleteInterval "
        + deleteInterval
        + "]";
  }
}
