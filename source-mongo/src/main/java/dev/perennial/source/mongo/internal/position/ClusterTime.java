package dev.perennial.source.mongo.internal.position;

import java.time.Instant;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/** Cluster times as text. Both halves are unsigned, which their getters do not say. */
public final class ClusterTime {

  private ClusterTime() {}

  /** {@code <seconds>.<increment>}. */
  public static String text(BsonTimestamp time) {
    return Integer.toUnsignedString(time.getTime()) + '.' + Integer.toUnsignedString(time.getInc());
  }

  /** Reads what {@link #text} wrote; null if it is anything else. */
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

  /** When that was, to the second, which is what a cluster time holds. */
  public static Instant instant(BsonTimestamp time) {
    return Instant.ofEpochSecond(Integer.toUnsignedLong(time.getTime()));
  }

  /** The next tick: the earliest time that a later operation can have. */
  public static BsonTimestamp next(BsonTimestamp time) {
    // An increment that overflows carries into the seconds, as the server's own addition does.
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
