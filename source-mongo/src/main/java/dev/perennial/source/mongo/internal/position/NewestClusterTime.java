package dev.perennial.source.mongo.internal.position;

import com.mongodb.client.ClientSession;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The newest cluster time in any reply to a stream's cursors. The driver stores it in the cursor's
 * session. Safe for use from any thread: a getMore of a closed cursor may still be answered while
 * the next cursor is in use.
 */
public final class NewestClusterTime {

  private volatile @Nullable BsonTimestamp newest;

  public Optional<BsonTimestamp> newest() {
    return Optional.ofNullable(newest);
  }

  /** Takes over the session's time if it is newer. */
  public synchronized void see(ClientSession session) {
    BsonTimestamp seen = time(session);
    BsonTimestamp known = newest;
    if (seen != null && (known == null || seen.compareTo(known) > 0)) {
      newest = seen;
    }
  }

  private static @Nullable BsonTimestamp time(ClientSession session) {
    BsonDocument gossiped = session.getClusterTime();
    BsonValue time = gossiped == null ? null : gossiped.get("clusterTime");
    return time != null && time.isTimestamp() ? time.asTimestamp() : session.getOperationTime();
  }
}
