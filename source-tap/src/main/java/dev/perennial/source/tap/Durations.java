package dev.perennial.source.tap;

import java.time.Duration;

/** Checks durations that an application sets. */
final class Durations {

  private Durations() {}

  static Duration positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " must be over zero, but is " + value);
    }
    return value;
  }
}
