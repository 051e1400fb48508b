package dev.perennial.source.mongo.internal.position;

import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Conversions of cluster times. Seconds and increment are unsigned, although the getters return
 * signed integers.
 */
public final class ClusterTime {

  private static final Pattern TEXT = Pattern.compile("([0-9]{1,10})\\.([0-9]{1,10})");

  private ClusterTime() {}

  /** Returns a time as {@code <seconds>.<increment>}. */
  public static String text(BsonTimestamp time) {
    return Integer.toUnsignedString(time.getTime()) + '.' + Integer.toUnsignedString(time.getInc());
  }

  /** Parses the result of {@link #text}; returns null for any other text. */
  public static @Nullable BsonTimestamp parse(String text) {
    Matcher match = TEXT.matcher(text);
    try {
      return match.matches()
          ? new BsonTimestamp(
              Integer.parseUnsignedInt(match.group(1)), Integer.parseUnsignedInt(match.group(2)))
          : null;
    } catch (NumberFormatException e) {
      return null; // A number has more than 32 bits.
    }
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
}
