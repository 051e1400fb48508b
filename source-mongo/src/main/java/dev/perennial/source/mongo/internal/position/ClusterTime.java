package dev.perennial.source.mongo.internal.position;

import java.time.Instant;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Conversions of cluster times. Seconds and increment are unsigned, although the getters return
 * signed integers.
 */
public final class ClusterTime {

  private ClusterTime() {}

  /** Returns a time as {@code <seconds>.<increment>}. */
  public static String text(BsonTimestamp time) {
    return Integer.toUnsignedString(time.getTime()) + '.' + Integer.toUnsignedString(time.getInc());
  }

  /** Parses the result of {@link #text}; returns null for any other text. */
  public static @Nullable BsonTimestamp parse(String text) {
    int dot = text.indexOf('.');
    if (dot < 0) {
      return null;
    }
    Long seconds = unsigned(text.substring(0, dot));
    Long increment = unsigned(text.substring(dot + 1));
    return seconds == null || increment == null ? null : of(seconds, increment);
  }

  static BsonTimestamp of(long seconds, long increment) {
    return new BsonTimestamp((int) seconds, (int) increment);
  }

  /** Returns the instant of a time, to the second, because a cluster time has no fraction. */
  public static Instant instant(BsonTimestamp time) {
    return Instant.ofEpochSecond(Integer.toUnsignedLong(time.getTime()));
  }

  /** Returns the next tick, which is the earliest time of a later operation. */
  public static BsonTimestamp next(BsonTimestamp time) {
    // An overflow of the increment carries into the seconds, as in the server's own addition.
    return new BsonTimestamp(time.getValue() + 1);
  }

  private static @Nullable Long unsigned(String digits) {
    if (digits.isEmpty() || digits.length() > 10 || !digits.chars().allMatch(ClusterTime::digit)) {
      return null;
    }
    long number = Long.parseLong(digits);
    return number <= 0xFFFF_FFFFL ? number : null;
  }

  private static boolean digit(int c) {
    return c >= '0' && c <= '9';
  }
}
