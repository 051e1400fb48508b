package dev.perennial.source.mongo.internal.watch;

import dev.perennial.port.support.LogText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The ranges of numeric options. It refuses values that no server accepts. */
public final class OptionRanges {

  private static final Duration SHORTEST = Duration.ofMillis(1);

  /** The longest time that the driver accepts, because it stores milliseconds as an int. */
  private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

  /**
   * The time that a reply may take beyond maxAwaitTime, for which the server waits for an event.
   */
  public static final Duration READ_SLACK = Duration.ofSeconds(10);

  private OptionRanges() {}

  public static @Nullable Integer batchSize(@Nullable Integer events) {
    if (events != null && events < 1) {
      throw new IllegalArgumentException(
          "Cannot use a batchSize of %s: it must be at least 1. Give a larger one, or leave it out."
              .formatted(events));
    }
    return events;
  }

  public static Duration maxAwaitTime(Duration time) {
    return wholeMillis("maxAwaitTime", time, LONGEST.minus(READ_SLACK));
  }

  /** Checks a read timeout. Zero means no limit. */
  public static Duration readTimeout(Duration timeout) {
    return timeout.isZero() ? timeout : wholeMillis("readTimeout", timeout, LONGEST);
  }

  private static Duration wholeMillis(String name, Duration time, Duration longest) {
    if (time.compareTo(SHORTEST) < 0 || time.compareTo(longest) > 0) {
      throw new IllegalArgumentException(
          "Cannot use a %s of %s: it must be between 1 ms and %s days. Set a time in that range."
              .formatted(name, LogText.duration(time), longest.toDays()));
    }
    if (!time.equals(Duration.ofMillis(time.toMillis()))) {
      throw new IllegalArgumentException(
          "Cannot use a %s of %s ns: the driver counts whole milliseconds. Round it."
              .formatted(name, time.toNanos()));
    }
    return time;
  }
}
