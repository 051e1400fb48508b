package dev.perennial.source.mongo;

import dev.perennial.port.LogText;
import dev.perennial.port.Position;
import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * Where an event is in a change stream, or a point between events: a resume token of the server's,
 * or an operation time. Immutable and safe for use from any thread.
 *
 * <p>Two positions are equal if they have the same token, or the same time and no token.
 */
public final class MongoPosition implements Position {

  /** How many of a token's last characters {@code toString} shows: they differ within one time. */
  private static final int SHOWN = 12;

  /** The token's BSON; null if this is a time. */
  private final byte @Nullable [] token;

  /** Of a position that is a time, the time; of a token, what came with it, if anything did. */
  private final @Nullable BsonTimestamp time;

  /** What a checkpoint keeps until the server has taken this position; null once it has. */
  private final @Nullable MongoPosition replaced;

  private MongoPosition(byte @Nullable [] token, @Nullable BsonTimestamp time) {
    this(token, time, null);
  }

  private MongoPosition(
      byte @Nullable [] token, @Nullable BsonTimestamp time, @Nullable MongoPosition replaced) {
    this.token = token;
    this.time = time;
    this.replaced = replaced;
  }

  /** After what has the token. */
  static MongoPosition ofToken(BsonDocument token) {
    return new MongoPosition(BsonBytes.of(token), null);
  }

  /**
   * After what has the token.
   *
   * @param time its cluster time as it is known from elsewhere; used if the token does not say it
   */
  static MongoPosition ofToken(BsonDocument token, @Nullable BsonTimestamp time) {
    return new MongoPosition(BsonBytes.of(token), time);
  }

  /**
   * After what has the token.
   *
   * @param token its BSON, which is the position's own from now on
   */
  static MongoPosition ofToken(byte[] token, @Nullable BsonTimestamp time) {
    return new MongoPosition(token, time);
  }

  /** With the first operation of that time. */
  static MongoPosition ofTime(BsonTimestamp time) {
    return new MongoPosition(null, time);
  }

  /** The resume token, if this is one. */
  public Optional<BsonDocument> token() {
    return token == null ? Optional.empty() : Optional.of(new RawBsonDocument(token.clone()));
  }

  /** The time at which a stream begins, if this is no token; what happened then is included. */
  public Optional<BsonTimestamp> operationTime() {
    return token == null ? Optional.ofNullable(time) : Optional.empty();
  }

  /** When that was in the cluster's time, if it is known. Both halves are unsigned. */
  public Optional<BsonTimestamp> clusterTime() {
    if (token == null) {
      return Optional.ofNullable(time);
    }
    BsonTimestamp own = key(token).clusterTime();
    return Optional.ofNullable(own != null ? own : time);
  }

  /**
   * Whether it is an event's token, which must be found again in the stream that resumes there; one
   * that stands for a time is accepted by any stream.
   */
  boolean isEvent() {
    return token != null && key(token).kind() != TokenKey.Kind.HIGH_WATER;
  }

  /** Whether it is the token of an event that ended its stream. */
  boolean isInvalidate() {
    return token != null && key(token).kind() == TokenKey.Kind.INVALIDATE;
  }

  /**
   * The same point as a time, which any stream accepts, for what the server does not find. Gives
   * the changes of that very time again. Empty if the time is not known.
   */
  Optional<MongoPosition> degraded() {
    return token == null ? Optional.of(this) : clusterTime().map(MongoPosition::ofTime);
  }

  /**
   * The same point, in place of one that the server refused. It may refuse this one too, so a
   * checkpoint keeps the other one until a connection gives a position of its own.
   */
  MongoPosition inPlaceOf(MongoPosition refused) {
    return new MongoPosition(token, time, refused.durable());
  }

  /** What a checkpoint says: this position, or the one in whose place it is tried. */
  MongoPosition durable() {
    return replaced == null ? this : replaced;
  }

  private static TokenKey key(byte[] token) {
    return Tokens.key(new RawBsonDocument(token));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof MongoPosition position)) {
      return false;
    }
    return token == null
        ? position.token == null && time != null && time.equals(position.time)
        : Arrays.equals(token, position.token);
  }

  @Override
  public int hashCode() {
    return token == null ? (time == null ? 0 : time.hashCode()) : Arrays.hashCode(token);
  }

  /**
   * What it is, its time, and the end of the token, for example {@code MongoPosition[event
   * 1700000000.3 …5F696400640004]}.
   */
  @Override
  public String toString() {
    String when = clusterTime().map(ClusterTime::text).orElse("unknown time");
    if (token == null) {
      return "MongoPosition[time " + when + ']';
    }
    String text = Tokens.text(new RawBsonDocument(token));
    return "MongoPosition["
        + kindName(key(token).kind())
        + ' '
        + when
        + " …"
        + LogText.brief(text.substring(Math.max(0, text.length() - SHOWN)))
        + ']';
  }

  private static String kindName(TokenKey.Kind kind) {
    return switch (kind) {
      case EVENT -> "event";
      case HIGH_WATER -> "high-water";
      case INVALIDATE -> "invalidate";
    };
  }
}
