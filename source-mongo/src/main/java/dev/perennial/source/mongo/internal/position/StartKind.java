package dev.perennial.source.mongo.internal.position;

import dev.perennial.source.mongo.StartPosition;
import java.time.Instant;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** The kinds of {@link StartPosition}. */
public sealed interface StartKind extends StartPosition {

  /** The last second that a cluster time can represent (unsigned 32 bits). */
  long LAST_SECOND = 0xFFFF_FFFFL;

  static AtTime at(Instant time) {
    long seconds = time.getEpochSecond();
    if (seconds < 1 || seconds > LAST_SECOND) {
      throw new IllegalArgumentException(
          "Cannot start at %s: cluster times are from 1970-01-01T00:00:01Z to %s. Give a time in that range."
              .formatted(time, Instant.ofEpochSecond(LAST_SECOND)));
    }
    return new AtTime(new BsonTimestamp((int) seconds, 0));
  }

  static AtTime at(BsonTimestamp time) {
    if (time.getValue() == 0) {
      throw new IllegalArgumentException(
          "Cannot start at the cluster time 0: servers have no such time. Give a later one.");
    }
    return new AtTime(time);
  }

  static StartKind after(BsonDocument token) {
    return new AfterToken(ResumePosition.ofToken(token));
  }

  enum Now implements StartKind {
    INSTANCE;

    @Override
    public String toString() {
      return "now";
    }
  }

  record AtTime(BsonTimestamp time) implements StartKind {

    public ResumePosition position() {
      return ResumePosition.ofTime(time);
    }

    @Override
    public String toString() {
      return time.getInc() == 0
          ? ClusterTime.instant(time).toString()
          : "cluster time " + ClusterTime.text(time);
    }
  }

  record AfterToken(ResumePosition position) implements StartKind {

    @Override
    public String toString() {
      return Tokens.text(position.token().orElseThrow());
    }
  }
}
