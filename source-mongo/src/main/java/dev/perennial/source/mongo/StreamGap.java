package dev.perennial.source.mongo;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * The server no longer had the changes after the stream's position, and the stream went on behind
 * them as its {@link HistoryLostPolicy} says: what happened between the two times was not
 * delivered. Acked like any other event; until then a checkpoint stays before the gap.
 *
 * @param from the cluster time of the last position; empty if it was not known
 * @param to the cluster time from which the stream goes on
 * @param reason what the server said
 */
public record StreamGap(Optional<BsonTimestamp> from, BsonTimestamp to, String reason)
    implements ChangeEvent {

  /** Without the reason's whole text, which is a server's. */
  @Override
  public String toString() {
    return "StreamGap["
        + from.map(ClusterTime::text).orElse("unknown")
        + " to "
        + ClusterTime.text(to)
        + ", "
        + LogText.brief(reason)
        + ']';
  }
}
