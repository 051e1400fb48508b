package dev.perennial.source.mongo;

import dev.perennial.port.Malformed;
import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.internal.event.UnreadableEvent;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.util.Arrays;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * An event that could not be decoded: its BSON is corrupt, it has no token, or the server itself
 * could not return it. Ack it like any other event. If the server could not return it, there are no
 * bytes; on a sharded cluster such an event ends the stream instead. If the event came split, its
 * bytes are those of all its fragments, one after the other.
 *
 * <p>Immutable and safe for use from any thread. Two are equal if their bytes, sizes and tokens are
 * equal.
 */
public final class MalformedChange implements ChangeEvent, Malformed {

  private final UnreadableEvent event;

  /** Only for the source: {@link UnreadableEvent} is internal, so applications cannot call this. */
  @SuppressWarnings("exports")
  public MalformedChange(UnreadableEvent event) {
    this.event = event;
  }

  /** Returns the event's resume token, if it could be read. */
  public Optional<BsonDocument> resumeToken() {
    return position().flatMap(MongoPosition::token);
  }

  /** Returns the cluster time of the event, if it could be read. Both halves are unsigned. */
  public Optional<BsonTimestamp> clusterTime() {
    return event.clusterTime() != null
        ? Optional.of(event.clusterTime())
        : position().flatMap(MongoPosition::clusterTime);
  }

  @Override
  public byte[] raw() {
    return event.bytes().clone();
  }

  @Override
  public long size() {
    return event.size();
  }

  @Override
  public Throwable cause() {
    return event.cause();
  }

  /** Returns what could be read; its bytes must not be changed. Only for the source. */
  @SuppressWarnings("exports")
  public UnreadableEvent event() {
    return event;
  }

  /** Returns the position of the event, if its token could be read. */
  public Optional<MongoPosition> position() {
    return Optional.ofNullable(event.token())
        .map(token -> ResumePosition.ofToken(token, event.clusterTime()));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof MalformedChange change
            && size() == change.size()
            && Arrays.equals(event.token(), change.event.token())
            && Arrays.equals(event.bytes(), change.event.bytes()));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(event.bytes()) * 31 + Arrays.hashCode(event.token());
  }

  @Override
  public String toString() {
    String where = position().map(MongoPosition::toString).orElse("no token");
    return "MalformedChange[%s, %s bytes, %s]"
        .formatted(where, size(), LogText.brief(event.problem()));
  }
}
