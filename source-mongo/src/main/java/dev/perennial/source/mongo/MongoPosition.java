package dev.perennial.source.mongo;

import dev.perennial.port.Position;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Instant;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * The position of an event in a change stream, or of a point between events: a resume token from
 * the server or an operation time. Immutable and safe for use from any thread. Only a source
 * creates positions.
 *
 * <p>Two positions are equal if they have the same token, or the same time and no token.
 */
public sealed interface MongoPosition extends Position permits ResumePosition {

  /** Returns the resume token; empty if the position is a time. */
  Optional<BsonDocument> token();

  /**
   * Returns the time at which a stream begins, including the changes of that time; empty if the
   * position is a token.
   */
  Optional<BsonTimestamp> operationTime();

  /** Returns the cluster time, if it is known. Seconds and increment are unsigned. */
  Optional<BsonTimestamp> clusterTime();

  /** Returns the instant of the cluster time, to the second, if it is known. */
  @Override
  default Optional<Instant> time() {
    return clusterTime().map(time -> Instant.ofEpochSecond(Integer.toUnsignedLong(time.getTime())));
  }

  /**
   * Returns the kind, the time and the end of the token, for example {@code MongoPosition[event
   * 1700000000.3 …5F696400640004]}.
   */
  @Override
  String toString();
}
