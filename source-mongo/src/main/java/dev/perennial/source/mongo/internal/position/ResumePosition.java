package dev.perennial.source.mongo.internal.position;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * A position as the source resumes from it. Also knows what its token stands for, and which
 * position a checkpoint keeps instead of it.
 */
public final class ResumePosition implements MongoPosition {

  /** How many of a token's last characters {@code toString} shows: they differ within one time. */
  private static final int SHOWN = 12;

  /** The token's BSON; null if this is a time. */
  private final byte @Nullable [] token;

  /** Of a position that is a time, the time; of a token, what came with it, if anything did. */
  private final @Nullable BsonTimestamp time;

  /** What a checkpoint keeps until the server has taken this position; null once it has. */
  private final @Nullable ResumePosition replaced;

  private ResumePosition(byte @Nullable [] token, @Nullable BsonTimestamp time) {
    this(token, time, null);
  }

  private ResumePosition(
      byte @Nullable [] token, @Nullable BsonTimestamp time, @Nullable ResumePosition replaced) {
    this.token = token;
    this.time = time;
    this.replaced = replaced;
  }

  /** After what has the token. */
  public static ResumePosition ofToken(BsonDocument token) {
    return new ResumePosition(BsonBytes.of(token), null);
  }

  /**
   * After what has the token.
   *
   * @param time its cluster time as it is known from elsewhere; used if the token does not say it
   */
  public static ResumePosition ofToken(BsonDocument token, @Nullable BsonTimestamp time) {
    return new ResumePosition(BsonBytes.of(token), time);
  }

  /**
   * After what has the token.
   *
   * @param token its BSON, which is the position's own from now on
   */
  public static ResumePosition ofToken(byte[] token, @Nullable BsonTimestamp time) {
    return new ResumePosition(token, time);
  }

  /** With the first operation of that time. */
  public static ResumePosition ofTime(BsonTimestamp time) {
    return new ResumePosition(null, time);
  }

  @Override
  public Optional<BsonDocument> token() {
    return token == null ? Optional.empty() : Optional.of(new RawBsonDocument(token.clone()));
  }

  @Override
  public Optional<BsonTimestamp> operationTime() {
    return token == null ? Optional.ofNullable(time) : Optional.empty();
  }

  @Override
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
  public boolean isEvent() {
    return token != null && key(token).kind() != TokenKey.Kind.HIGH_WATER;
  }

  /** Whether it is the token of an event that ended its stream. */
  public boolean isInvalidate() {
    return token != null && key(token).kind() == TokenKey.Kind.INVALIDATE;
  }

  /**
   * The same point as a time, which any stream accepts, for what the server does not find. Gives
   * the changes of that very time again. Empty if the time is not known.
   */
  public Optional<ResumePosition> degraded() {
    return token == null ? Optional.of(this) : clusterTime().map(ResumePosition::ofTime);
  }

  /**
   * The same point, in place of one that the server refused. It may refuse this one too, so a
   * checkpoint keeps the other one until a connection gives a position of its own.
   */
  public ResumePosition inPlaceOf(ResumePosition refused) {
    return new ResumePosition(token, time, refused.durable());
  }

  /** What a checkpoint says: this position, or the one in whose place it is tried. */
  public ResumePosition durable() {
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
    if (!(other instanceof ResumePosition position)) {
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
