package dev.perennial.source.mongo;

import static org.awaitility.Awaitility.await;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoCredential;
import com.mongodb.MongoException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Sorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Assumptions;

/**
 * The replica set that a connection string names. Nobody else should write much to it meanwhile.
 */
final class RealMongo extends MongoUnderTest {

  /** The oplog is cut after a checkpoint of the storage, which there is one of each minute. */
  private static final Duration ROLL = Duration.ofSeconds(240);

  /** Larger ones take too long to fill. */
  static final long LARGEST_OPLOG = 256L << 20;

  private static final int FILLING = 4 << 20;

  /** What the first entry of a set that has lost nothing yet says. */
  private static final String FIRST_MESSAGE = "initiating set";

  private static final int UNAUTHORIZED = 13;

  private final List<AutoCloseable> leftovers = new ArrayList<>();

  RealMongo(String uri, Setup setup) {
    super(uri);
    boolean usable = false;
    try {
      setup.require(wireVersion());
      usable = true;
    } finally {
      if (!usable) {
        client().close();
      }
    }
  }

  private MongoDatabase local() {
    return client().getDatabase("local");
  }

  /** Tries again where the server cuts the oplog while it is read. */
  private BsonDocument oldest() {
    return await()
        .atMost(Pull.PATIENCE)
        .pollDelay(Duration.ZERO)
        .ignoreExceptionsInstanceOf(MongoException.class)
        .until(
            () ->
                local()
                    .getCollection("oplog.rs", BsonDocument.class)
                    .find()
                    .sort(Sorts.ascending("$natural"))
                    .first(),
            Objects::nonNull);
  }

  /** How large the oplog may become, in bytes. */
  static long oplogSize(MongoClient client) {
    return client
        .getDatabase("local")
        .runCommand(new BsonDocument("collStats", new BsonString("oplog.rs")), BsonDocument.class)
        .getNumber("maxSize")
        .longValue();
  }

  private long oplogSize() {
    long size = oplogSize(client());
    Assumptions.assumeTrue(
        size <= LARGEST_OPLOG,
        () ->
            "this case fills the oplog, whose size is "
                + (size >> 20)
                + " MB here: start the server with --oplogSize 64");
    return size;
  }

  @Override
  void rollOplog(Runnable readers) {
    // Filling it takes them longer than reading.
    rollPast(operationTime());
  }

  private void rollPast(BsonTimestamp time) {
    // Twice, since it is cut in parts.
    for (long left = 2 * oplogSize(); left > 0; left -= FILLING) {
      fill(FILLING);
    }
    fillUntil(
        () -> oldest().getTimestamp("ts").compareTo(time) > 0,
        () -> fill(FILLING),
        Duration.ofSeconds(2),
        ROLL);
  }

  /**
   * Waits until the oplog is cut, and writes meanwhile: a server cuts whole parts, and only once
   * the newest one is full.
   *
   * @param interval between two writes, so that the oplog does not grow much while the server waits
   *     for a checkpoint
   */
  static void fillUntil(
      Callable<Boolean> isCut, Runnable fill, Duration interval, Duration atMost) {
    await("the server cuts its oplog, which is full, within " + atMost.toSeconds() + " s")
        .atMost(atMost)
        // Nothing is written any more when this thread is told to end.
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(interval)
        .ignoreExceptionsInstanceOf(MongoException.class)
        .until(() -> {
          fill.run();
          return isCut.call();
        });
  }

  private void fill(int size) {
    MongoCollection<BsonDocument> filling = collection(database("filling"), "filling");
    BsonObjectId id = new BsonObjectId(new ObjectId());
    filling.insertOne(new BsonDocument("_id", id).append("x", new BsonBinary(new byte[size])));
    filling.deleteOne(new BsonDocument("_id", id));
  }

  @Override
  BsonTimestamp beforeHistory() {
    BsonDocument first = oldest();
    // A set that has lost nothing takes any time for the beginning of all.
    if (first.getDocument("o", new BsonDocument()).get("msg") instanceof BsonString message
        && message.getValue().equals(FIRST_MESSAGE)) {
      rollPast(operationTime());
      first = oldest();
    }
    return new BsonTimestamp(first.getTimestamp("ts").getTime() - 3_600, 1);
  }

  @Override
  void insertInTransaction(String database, String collection, List<BsonDocument> documents) {
    try (ClientSession session = client().startSession()) {
      session.withTransaction(
          () -> collection(database, collection).insertMany(session, documents));
    }
  }

  @Override
  void asStranger(MongoClientSettings.Builder settings, String database) {
    String password = UUID.randomUUID().toString();
    MongoCredential credential =
        MongoCredential.createCredential("stranger", database, password.toCharArray());
    MongoDatabase there = client().getDatabase(database);
    try {
      there.runCommand(
          new BsonDocument("createUser", new BsonString("stranger"))
              .append("pwd", new BsonString(password))
              .append("roles", new BsonArray()));
    } catch (MongoCommandException e) {
      Assumptions.abort("this case needs a user without rights, whom the server refuses to make");
    }
    leftovers.add(() -> there.runCommand(new BsonDocument("dropUser", new BsonString("stranger"))));
    settings.credential(credential);
    try (MongoClient stranger = MongoClients.create(settings.build())) {
      stranger
          .getDatabase(database)
          .runCommand(new BsonDocument("count", new BsonString("anything")));
    } catch (MongoCommandException e) {
      if (e.getCode() == UNAUTHORIZED) {
        return;
      }
      throw e;
    }
    Assumptions.abort("this case needs a server with access control (--auth or --keyFile)");
  }

  @Override
  public void close() throws Exception {
    CloseSteps closing = new CloseSteps();
    leftovers.forEach(closing::then);
    closing.then(super::close).end();
  }

  @Override
  long openCursors(String database) {
    long open = 0;
    for (BsonDocument operation :
        client()
            .getDatabase("admin")
            .aggregate(
                List.of(BsonDocument.parse("{$currentOp: {allUsers: true, idleCursors: true}}")),
                BsonDocument.class)) {
      String namespace = operation.getString("ns", new BsonString("")).getValue();
      if (operation.containsKey("cursor") && namespace.startsWith(database + '.')) {
        open++;
      }
    }
    return open;
  }
}
