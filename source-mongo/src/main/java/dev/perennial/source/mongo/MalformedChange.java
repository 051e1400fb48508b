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
 * could not return it. Of the last kind there are no bytes, and only a replica set's server says
 * which event it was: on a sharded cluster it ends the stream instead. Of an event that came split
 * there are the bytes of all its fragments, one after the other. Acked like any other event.
 *
 * <p>Two are equal if their bytes, sizes and tokens are.
 */
public final class MalformedChange implements ChangeEvent, Malformed {

  private final UnreadableEvent event;

  /** Only for the source: applications do not see what this takes. */
  public MalformedChange(UnreadableEvent event) {
    this.event = event;
  }

  /** The event's resume token, if it could be read. */
  public Optional<BsonDocument> resumeToken() {
    return position().flatMap(MongoPosition::token);
  }

  /** When it happened in the cluster's time, if that could be read. Both halves are unsigned. */
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

  /** What could be read of it; its bytes must not be changed. */
  public UnreadableEvent event() {
    return event;
  }

  /** Where the event is, if its token could be read. */
  public Optional<ResumePosition> position() {
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
    return "MalformedChange["
        + position().map(ResumePosition::toString).orElse("no token")
        + ", "
        + size()
        + " bytes, "
        + LogText.brief(String.valueOf(cause().getMessage()))
        + ']';
  }
}
