package dev.perennial.source.mongo.internal.watch;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Ranges of numeric options: refuses values that no server accepts. */
public final class OptionRanges {

  private static final Duration SHORTEST = Duration.ofMillis(1);

  /** What the driver takes: milliseconds that fit into an int. */
  private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

  /** How much longer than the server may wait its answer may take. */
  public static final Duration READ_SLACK = Duration.ofSeconds(10);

  private OptionRanges() {}

  public static @Nullable Integer batchSize(@Nullable Integer events) {
    if (events != null && events < 1) {
      throw new IllegalArgumentException("batchSize must be at least 1, but is " + events);
    }
    return events;
  }

  public static Duration maxAwaitTime(Duration time) {
    return wholeMillis("maxAwaitTime", time, LONGEST.minus(READ_SLACK));
  }

  /** Zero is for ever. */
  public static Duration readTimeout(Duration timeout) {
    return timeout.isZero() ? timeout : wholeMillis("readTimeout", timeout, LONGEST);
  }

  private static Duration wholeMillis(String name, Duration time, Duration longest) {
    if (time.compareTo(SHORTEST) < 0 || time.compareTo(longest) > 0) {
      throw new IllegalArgumentException(
          name + " must be between 1 ms and " + longest.toDays() + " days, but is " + time);
    }
    if (!time.equals(Duration.ofMillis(time.toMillis()))) {
      throw new IllegalArgumentException(
          name + " is counted in whole milliseconds, but is " + time);
    }
    return time;
  }
}
