package dev.perennial.source.mongo.internal.client;

import com.mongodb.ReadPreference;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.StartKind;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A reader of the server's cluster time, at which a stream without a checkpoint begins by default.
 */
public final class ServerTime {

  private final ClientHandle client;
  private final @Nullable ReadPreference readPreference;

  public ServerTime(ClientHandle client, @Nullable ReadPreference readPreference) {
    this.client = client;
    this.readPreference = readPreference;
  }

  /**
   * Returns the first time after everything that has happened, one tick after {@link #last}. A
   * server uses the same time for a stream without a start.
   */
  public BsonTimestamp next() throws MongoSourceException, InterruptedException {
    return ClusterTime.next(last());
  }

  /**
   * Returns the time of the server's last operation.
   *
   * @throws MongoSourceException if the server has no oplog and so no time
   */
  public BsonTimestamp last() throws MongoSourceException, InterruptedException {
    BsonDocument reply =
        client.ask("admin", new BsonDocument("ping", new BsonInt32(1)), readPreference);
    BsonValue time = reply.get("operationTime");
    if (time == null || !time.isTimestamp()) {
      throw MongoErrors.noReplicaSet(null);
    }
    return time.asTimestamp();
  }

  /**
   * Returns the position at which a stream begins. For "now", asks the server for its time.
   *
   * @throws MongoSourceException if the server has no oplog and so no time
   */
  public ResumePosition position(StartKind start)
      throws MongoSourceException, InterruptedException {
    if (start instanceof StartKind.AtTime at) {
      return at.position();
    }
    return start instanceof StartKind.AfterToken after
        ? after.position()
        : ResumePosition.ofTime(next());
  }
}
