package dev.perennial.source.mongo;

import java.time.Instant;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** The kinds of {@link StartPosition}. */
final class Starts {

  private static final long LAST_SECOND = 0xFFFF_FFFFL;

  private Starts() {}

  static AtTime at(Instant time) {
    long seconds = time.getEpochSecond();
    if (seconds < 1 || seconds > LAST_SECOND) {
      throw new IllegalArgumentException(
          "a stream can start between 1970-01-01T00:00:01Z and "
              + Instant.ofEpochSecond(LAST_SECOND)
              + ", but not at "
              + time);
    }
    return new AtTime(ClusterTime.of(seconds, 0));
  }

  static AtTime at(BsonTimestamp time) {
    if (time.getValue() == 0) {
      throw new IllegalArgumentException("a stream cannot start at the cluster time 0");
    }
    return new AtTime(time);
  }

  static StartPosition after(BsonDocument token) {
    return new AfterToken(MongoPosition.ofToken(token));
  }

  /** Where that is; for now, the server is asked for its time. */
  static MongoPosition position(StartPosition start, ServerTime server)
      throws MongoSourceException, InterruptedException {
    if (start instanceof AtTime at) {
      return at.position();
    }
    return start instanceof AfterToken after
        ? after.position()
        : MongoPosition.ofTime(server.next());
  }

  enum Now implements StartPosition {
    INSTANCE;

    @Override
    public String toString() {
      return "now";
    }
  }

  record AtTime(BsonTimestamp time) implements StartPosition {

    MongoPosition position() {
      return MongoPosition.ofTime(time);
    }

    @Override
    public String toString() {
      return time.getInc() == 0
          ? ClusterTime.instant(time).toString()
          : "cluster time " + ClusterTime.text(time);
    }
  }

  record AfterToken(MongoPosition position) implements StartPosition {

    @Override
    public String toString() {
      return Tokens.text(position.token().orElseThrow());
    }
  }
}
