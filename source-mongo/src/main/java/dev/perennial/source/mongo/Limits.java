package dev.perennial.source.mongo;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Refuses numbers that no server takes. */
final class Limits {

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

  private Limits() {}

  static @Nullable Integer batchSize(@Nullable Integer events) {
    if (events != null && events < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1, but is " + events);
    }
    return events;
  }

  static Duration maxAwaitTime(Duration time) {
    if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "maxAwaitTime must be between 1 ms and " + LONGEST.toDays() + " days, but is " + time);
    }
    return time;
  }
}
