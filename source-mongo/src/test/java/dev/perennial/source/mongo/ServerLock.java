package dev.perennial.source.mongo;

import static org.awaitility.Awaitility.await;

import com.mongodb.ErrorCategory;
import com.mongodb.MongoException;
import com.mongodb.MongoWriteException;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.result.UpdateResult;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.conversions.Bson;

/**
 * Keeps a server to one run. Two of them would destroy each other: a fail point is there once, the
 * oplog is cut for everybody, and so is everybody's primary gone.
 */
final class ServerLock implements AutoCloseable {

  /** Each case renews it, and none takes so long. */
  private static final Duration STALE = Duration.ofHours(1);

  static final String DATABASE = "perennial_suite";
  static final String COLLECTION = "lock";

  private static final BsonString ID = new BsonString("run");

  private final MongoCollection<BsonDocument> locks;
  private final BsonString owner = new BsonString(UUID.randomUUID().toString());

  private ServerLock(MongoClient client) {
    this.locks =
        client
            .getDatabase(DATABASE)
            .getCollection(COLLECTION, BsonDocument.class)
            .withWriteConcern(WriteConcern.MAJORITY);
  }

  /**
   * Takes the lock, also from a run that has shown no sign of life for an hour.
   *
   * @throws IllegalStateException if another run has it
   */
  static ServerLock take(MongoClient client, Instant now) {
    ServerLock lock = new ServerLock(client);
    for (int i = 0; i < 3; i++) {
      if (lock.insert(now)) {
        return lock;
      }
      BsonDocument other = lock.locks.find(Filters.eq("_id", ID)).first();
      if (other == null) {
        continue; // It ended just now.
      }
      Instant since = Instant.ofEpochMilli(other.getDateTime("time").getValue());
      if (since.isAfter(now.minus(STALE))) {
        throw new IllegalStateException(
            "another run uses this server, and was alive at "
                + since
                + "; if it was killed, drop the collection "
                + DATABASE
                + "."
                + COLLECTION
                + ", or wait for an hour");
      }
      if (lock.replace(Filters.and(Filters.eq("_id", ID), owned(other)), now)) {
        return lock;
      }
    }
    throw new IllegalStateException("several runs want to use this server at once");
  }

  private static Bson owned(BsonDocument lock) {
    return Filters.and(
        Filters.eq("owner", lock.getString("owner")), Filters.eq("time", lock.getDateTime("time")));
  }

  private boolean insert(Instant now) {
    try {
      locks.insertOne(document(now));
      return true;
    } catch (MongoWriteException e) {
      if (e.getError().getCategory() == ErrorCategory.DUPLICATE_KEY) {
        return false;
      }
      throw e;
    }
  }

  private boolean replace(Bson filter, Instant now) {
    UpdateResult result = locks.replaceOne(filter, document(now));
    return result.getMatchedCount() == 1;
  }

  private BsonDocument document(Instant now) {
    return new BsonDocument("_id", ID)
        .append("owner", owner)
        .append("time", new BsonDateTime(now.toEpochMilli()));
  }

  private Bson mine() {
    return Filters.and(Filters.eq("_id", ID), Filters.eq("owner", owner));
  }

  /**
   * Says that the run is alive.
   *
   * @throws IllegalStateException if another run has taken the lock meanwhile
   */
  void renew(Instant now) {
    if (!replace(mine(), now)) {
      throw new IllegalStateException(
          "another run has taken over this server, since this one was silent for an hour");
    }
  }

  /** Lets others use the server; the last cases may have left it in an election. */
  @Override
  public void close() {
    await()
        .atMost(MongoUnderTest.ELECTION)
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .ignoreExceptionsInstanceOf(MongoException.class)
        .until(() -> {
          if (locks.find(mine()).first() != null) {
            // Not the document alone: the collection would be left behind.
            locks.drop();
          }
          return true;
        });
  }
}
