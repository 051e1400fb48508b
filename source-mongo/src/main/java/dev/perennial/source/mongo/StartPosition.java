package dev.perennial.source.mongo;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.internal.position.StartKind;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.json.JsonParseException;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream begins that has no checkpoint. Immutable.
 *
 * <p>{@code toString} gives what {@link #parse} reads, where there is such a text.
 */
public sealed interface StartPosition permits StartKind {

  /** With the first change after the stream was first opened. The default. */
  static StartPosition now() {
    return StartKind.Now.INSTANCE;
  }

  /**
   * With the first change of that second, or after it: cluster times count seconds. A time that has
   * not come yet is taken as it is, since clocks differ: what happens until then is not delivered,
   * which {@link MongoListener#onStartInFuture} and the log tell.
   *
   * @throws IllegalArgumentException if it is not between 1970 and 2106, which are all the seconds
   *     that a cluster time can hold
   */
  static StartPosition at(Instant time) {
    return StartKind.at(time);
  }

  /**
   * With the first change of that cluster time, or after it; one that has not come yet is taken as
   * it is.
   *
   * @throws IllegalArgumentException if it is zero
   */
  static StartPosition at(BsonTimestamp clusterTime) {
    return StartKind.at(clusterTime);
  }

  /** With the first change after the one that has the resume token. */
  static StartPosition after(BsonDocument token) {
    return StartKind.after(token);
  }

  /**
   * Reads a start from text: {@code now}, a time such as {@code 2026-11-22T10:00:00Z}, or a resume
   * token as extended JSON or, of the usual form, as its hexadecimal digits alone.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static StartPosition parse(String text) {
    String trimmed = text.strip();
    if (trimmed.equals("now")) {
      return now();
    }
    @Nullable BsonDocument token;
    try {
      token = Tokens.parse(trimmed);
    } catch (JsonParseException e) {
      throw new IllegalArgumentException(
          "Cannot read the start \""
              + LogText.brief(text)
              + "\": it looks like a resume token but is not JSON. Give the whole token.",
          e);
    }
    // Digits alone may be a date or a count of seconds; a token of theirs begins with its time.
    if (token != null && (trimmed.startsWith("{") || Tokens.key(token).clusterTime() != null)) {
      return after(token);
    }
    try {
      return at(Instant.parse(trimmed));
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "Cannot read the start \""
              + LogText.brief(text)
              + "\": it has none of the forms of a start. Give now, a time such as 2026-11-22T10:00:00Z, or a"
              + " resume token as hexadecimal digits or JSON.",
          e);
    }
  }
}
