package dev.perennial.source.mongo.internal.client;

import com.mongodb.MongoClientSettings;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.internal.error.Interrupts;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.StartKind;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** The server's cluster time: where a stream begins that starts now. */
public final class ServerTime {

  private final ClientHandle client;
  private final @Nullable ReadPreference readPreference;

  public ServerTime(ClientHandle client, @Nullable ReadPreference readPreference) {
    this.client = client;
    this.readPreference = readPreference;
  }

  /**
   * The first time after all that has happened: the server's last operation and one tick, which is
   * what a server itself takes for a stream that names no start.
   *
   * @throws MongoSourceException if the server keeps no time, since it has no oplog
   */
  public BsonTimestamp next() throws MongoSourceException, InterruptedException {
    return ClusterTime.next(last());
  }

  /**
   * The time of the server's last operation.
   *
   * @throws MongoSourceException if the server keeps no time, since it has no oplog
   */
  public BsonTimestamp last() throws MongoSourceException, InterruptedException {
    BsonDocument reply = Interrupts.call(this::ping);
    BsonValue time = reply.get("operationTime");
    if (time == null || !time.isTimestamp()) {
      throw MongoErrors.noReplicaSet(null);
    }
    return time.asTimestamp();
  }

  /**
   * Where a stream begins; for now, the server is asked for its time.
   *
   * @throws MongoSourceException if the server keeps no time, since it has no oplog
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

  private BsonDocument ping() {
    MongoClient server = client.get();
    return server
        .getDatabase("admin")
        .withCodecRegistry(MongoClientSettings.getDefaultCodecRegistry())
        .runCommand(
            new BsonDocument("ping", new BsonInt32(1)),
            readPreference == null ? server.getReadPreference() : readPreference,
            BsonDocument.class);
  }
}
