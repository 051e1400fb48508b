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
 * The position at which a stream without a checkpoint begins. Immutable.
 *
 * <p>{@code toString} returns a text that {@link #parse} can read, if one exists.
 */
public sealed interface StartPosition permits StartKind {

  /** Begins with the first change after the stream was opened for the first time. The default. */
  static StartPosition now() {
    return StartKind.Now.INSTANCE;
  }

  /**
   * Begins with the first change in that second or later, because cluster times count seconds. A
   * time in the future is accepted, because clocks differ; changes before it are not delivered.
   * {@link MongoListener#onStartInFuture} and the log report it.
   *
   * @throws IllegalArgumentException if it is not between 1970 and 2106, the range of cluster times
   */
  static StartPosition at(Instant time) {
    return StartKind.at(time);
  }

  /**
   * Begins with the first change at that cluster time or later. A time in the future is accepted.
   *
   * @throws IllegalArgumentException if it is zero
   */
  static StartPosition at(BsonTimestamp clusterTime) {
    return StartKind.at(clusterTime);
  }

  /** Begins with the first change after the one that has the resume token. */
  static StartPosition after(BsonDocument token) {
    return StartKind.after(token);
  }

  /**
   * Parses a start: {@code now}, a time such as {@code 2026-11-22T10:00:00Z}, or a resume token. A
   * token is extended JSON or, in its usual form, only its hexadecimal digits.
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
    // Digits alone can also be a date or a count of seconds. Those of a token begin with its time.
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
