package dev.perennial.simulators.tap;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The options that a simulator was built with. */
public record TapSettings(
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
    return "TapSettings["
        + mode
        + ", retryTimeout "
        + retryTimeout
        + ", deleteInterval "
        + deleteInterval
        + "]";
  }
}
