package dev.perennial.source.mongo.internal.position;

import com.mongodb.client.ClientSession;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The newest cluster time in any reply to a stream's cursor, which the driver keeps in the cursor's
 * session. Written by one thread at a time, read by any.
 */
public final class NewestClusterTime {

  private volatile @Nullable BsonTimestamp newest;

  public Optional<BsonTimestamp> newest() {
    return Optional.ofNullable(newest);
  }

  /** Looks at what the replies said. */
  public void see(ClientSession session) {
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
