package dev.perennial.source.mongo;

import dev.perennial.port.LogText;
import dev.perennial.port.Malformed;
import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * An event that could not be decoded: its BSON is corrupt, it has no token, or the server itself
 * could not return it. Of the last kind there are no bytes, and only a replica set's server says
 * which event it was: on a sharded cluster it ends the stream instead. Of an event that came split
 * there are the bytes of all its fragments, one after the other. Acked like any other event.
 *
 * <p>Two are equal if their bytes, sizes and tokens are.
 */
public final class MalformedChange implements ChangeEvent, Malformed {

  private final byte[] raw;
  private final long size;
  private final byte @Nullable [] token;
  private final @Nullable BsonTimestamp clusterTime;
  private final Throwable cause;
  private final @Nullable SplitEvent part;

  private MalformedChange(
      byte[] raw,
      long size,
      byte @Nullable [] token,
      @Nullable BsonTimestamp clusterTime,
      Throwable cause,
      @Nullable SplitEvent part) {
    this.raw = raw;
    this.size = size;
    this.token = token;
    this.clusterTime = clusterTime;
    this.cause = cause;
    this.part = part;
  }

  /**
   * Of an event that came.
   *
   * @param part which part of an event it is, if that could be read
   */
  static MalformedChange received(
      byte[] event,
      byte @Nullable [] token,
      @Nullable BsonTimestamp clusterTime,
      Throwable cause,
      @Nullable SplitEvent part) {
    return new MalformedChange(event, event.length, token, clusterTime, cause, part);
  }

  /**
   * Of an event that the server could not return.
   *
   * @param size its size in bytes as the server says it, 0 if it does not
   */
  static MalformedChange unreturned(BsonDocument token, long size, Throwable cause) {
    return new MalformedChange(new byte[0], size, BsonBytes.of(token), null, cause, null);
  }

  /** The event's resume token, if it could be read. */
  public Optional<BsonDocument> resumeToken() {
    return position().flatMap(MongoPosition::token);
  }

  /** When it happened in the cluster's time, if that could be read. Both halves are unsigned. */
  public Optional<BsonTimestamp> clusterTime() {
    return clusterTime != null
        ? Optional.of(clusterTime)
        : position().flatMap(MongoPosition::clusterTime);
  }

  @Override
  public byte[] raw() {
    return raw.clone();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Throwable cause() {
    return cause;
  }

  /** Which part of a split event it is, if it is one and that could be read. */
  Optional<SplitEvent> part() {
    return Optional.ofNullable(part);
  }

  /** Where the event is, if its token could be read. */
  Optional<MongoPosition> position() {
    return token == null
        ? Optional.empty()
        : Optional.of(MongoPosition.ofToken(token, clusterTime));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof MalformedChange change
            && size == change.size
            && Arrays.equals(token, change.token)
            && Arrays.equals(raw, change.raw));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(raw) * 31 + Arrays.hashCode(token);
  }

  @Override
  public String toString() {
    return "MalformedChange["
        + position().map(MongoPosition::toString).orElse("no token")
        + ", "
        + size
        + " bytes, "
        + LogText.brief(String.valueOf(cause.getMessage()))
        + ']';
  }
}
