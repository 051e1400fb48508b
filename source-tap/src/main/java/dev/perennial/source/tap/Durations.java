package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import java.time.Duration;

/** Checks of durations that an application sets. */
final class Durations {

  private Durations() {}

  static Duration positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(
          "Cannot set "
              + name
              + " to "
              + LogText.duration(value)
              + ": it must be longer than 0 ms. Give a longer duration.");
    }
    return value;
  }
}
