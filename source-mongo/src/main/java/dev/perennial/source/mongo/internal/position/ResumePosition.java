package dev.perennial.source.mongo.internal.position;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * A position from which the source resumes. In addition to the public type it can interpret its
 * token, and it holds the position that a checkpoint keeps in its place.
 */
public final class ResumePosition implements MongoPosition {

  /**
   * The number of characters at the end of a token that {@code toString} shows; tokens of the same
   * time differ there.
   */
  private static final int SHOWN = 12;

  /** The token's BSON; null if the position is a time. */
  private final byte @Nullable [] token;

  /** The time, if the position is one; otherwise the time that came with the token, or null. */
  private final @Nullable BsonTimestamp time;

  /**
   * The position that a checkpoint keeps until the server has accepted this one; otherwise null.
   */
  private final @Nullable ResumePosition replaced;

  private ResumePosition(
      byte @Nullable [] token, @Nullable BsonTimestamp time, @Nullable ResumePosition replaced) {
    this.token = token;
    this.time = time;
    this.replaced = replaced;
  }

  /** Returns the position after the event with a token. */
  public static ResumePosition ofToken(BsonDocument token) {
    return ofToken(BsonBytes.of(token), null);
  }

  /**
   * Returns the position after the event with a token.
   *
   * @param token the token's BSON, which the position owns from now on
   * @param time the cluster time as known from elsewhere; used if the token does not contain it
   */
  public static ResumePosition ofToken(byte[] token, @Nullable BsonTimestamp time) {
    return new ResumePosition(token, time, null);
  }

  /** Returns the position at a time, which includes the operations of that time. */
  public static ResumePosition ofTime(BsonTimestamp time) {
    return new ResumePosition(null, time, null);
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
    BsonTimestamp own = Tokens.key(token).clusterTime();
    return Optional.ofNullable(own != null ? own : time);
  }

  /**
   * Returns whether this is the token of an event, which a resumed stream must find again. A token
   * that represents a time is accepted by any stream.
   */
  public boolean isEvent() {
    return token != null && Tokens.key(token).kind() != TokenKey.Kind.HIGH_WATER;
  }

  /** Returns whether this is the token of an invalidate event, which ends a stream. */
  public boolean isInvalidate() {
    return token != null && Tokens.key(token).kind() == TokenKey.Kind.INVALIDATE;
  }

  /**
   * Returns the same point as a time, which any stream accepts, for a token that the server does
   * not find. A stream that resumes there repeats the changes of that time. Empty if the time is
   * unknown.
   */
  public Optional<ResumePosition> degraded() {
    return token == null ? Optional.of(this) : clusterTime().map(ResumePosition::ofTime);
  }

  /**
   * Returns this position as a substitute for one that the server refused. The server may refuse
   * this one too, so a checkpoint keeps the refused one until a connection returns a new position.
   */
  public ResumePosition inPlaceOf(ResumePosition refused) {
    return new ResumePosition(token, time, refused.durable());
  }

  /** Returns the position for a checkpoint: this one, or the one for which it is a substitute. */
  public ResumePosition durable() {
    return replaced == null ? this : replaced;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ResumePosition position
        && Arrays.equals(token, position.token)
        && (token != null || Objects.equals(time, position.time));
  }

  @Override
  public int hashCode() {
    return token == null ? Objects.hashCode(time) : Arrays.hashCode(token);
  }

  @Override
  public String toString() {
    String when = clusterTime().map(ClusterTime::text).orElse("unknown time");
    if (token == null) {
      return "MongoPosition[time " + when + ']';
    }
    String text = Tokens.text(new RawBsonDocument(token));
    String end = LogText.brief(text.substring(Math.max(0, text.length() - SHOWN)));
    return "MongoPosition[%s %s …%s]".formatted(kindName(Tokens.key(token).kind()), when, end);
  }

  private static String kindName(TokenKey.Kind kind) {
    return switch (kind) {
      case EVENT -> "event";
      case HIGH_WATER -> "high-water";
      case INVALIDATE -> "invalidate";
    };
  }
}
