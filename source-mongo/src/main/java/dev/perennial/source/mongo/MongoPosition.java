package dev.perennial.source.mongo;

import dev.perennial.port.Position;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Instant;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * Where an event is in a change stream, or a point between events: a resume token of the server's,
 * or an operation time. Immutable and safe for use from any thread. Only a source makes positions.
 *
 * <p>Two positions are equal if they have the same token, or the same time and no token.
 */
public sealed interface MongoPosition extends Position permits ResumePosition {

  /** The resume token, if this is one. */
  Optional<BsonDocument> token();

  /** The time at which a stream begins, if this is no token; what happened then is included. */
  Optional<BsonTimestamp> operationTime();

  /** When that was in the cluster's time, if it is known. Both halves are unsigned. */
  Optional<BsonTimestamp> clusterTime();

  /** Returns the cluster time, to the second, if it is known. */
  @Override
  default Optional<Instant> time() {
    return clusterTime().map(time -> Instant.ofEpochSecond(Integer.toUnsignedLong(time.getTime())));
  }

  /**
   * What it is, its time, and the end of the token, for example {@code MongoPosition[event
   * 1700000000.3 …5F696400640004]}.
   */
  @Override
  String toString();
}
