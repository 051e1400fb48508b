package dev.perennial.source.mongo;

import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoNamespace;
import com.mongodb.ServerAddress;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Assumptions;

/**
 * A replica set that a case is shown on, simulated or real. What it does to the set it does by the
 * server's own commands, through a client of its own, so that both kinds do the same; a real one is
 * left as it was.
 */
abstract class MongoUnderTest implements AutoCloseable {

  /** How long a set may take to have a primary again. */
  static final Duration ELECTION = Duration.ofSeconds(60);

  /** {@code maxWireVersion} of MongoDB 4.2, 4.4, 5.0, 6.0 and 7.0. */
  static final int WIRE_4_2 = 8;

  static final int WIRE_4_4 = 9;
  static final int WIRE_5_0 = 13;
  static final int WIRE_6_0 = 17;
  static final int WIRE_7_0 = 21;

  /**
   * What a case needs.
   *
   * @param least the wire version at the least
   * @param most the wire version at the most
   * @param members how many members a simulated set has
   */
  record Setup(int least, int most, int members) {

    static final Setup ANY = new Setup(WIRE_4_4, Integer.MAX_VALUE, 1);

    static Setup exactly(int wireVersion) {
      return new Setup(wireVersion, wireVersion, 1);
    }

    static Setup since(int wireVersion) {
      return new Setup(wireVersion, Integer.MAX_VALUE, 1);
    }

    Setup withMembers(int count) {
      return new Setup(least, most, count);
    }

    /** Aborts the test on a server that the case is not for. */
    void require(int wireVersion) {
      Assumptions.assumeTrue(
          least <= wireVersion && wireVersion <= most,
          () ->
              "this case needs a server of wire version "
                  + least
                  + (most == Integer.MAX_VALUE ? " or newer" : least == most ? "" : " to " + most)
                  + ", and this one has "
                  + wireVersion);
    }
  }

  /** What {@code failCommand} does to a command. */
  record Failure(BsonDocument data) {

    /** Without labels the server adds what it usually does. */
    static Failure error(int code, String... labels) {
      BsonDocument data = new BsonDocument("errorCode", new BsonInt32(code));
      if (labels.length > 0) {
        data.append("errorLabels", strings(labels));
      }
      return new Failure(data);
    }

    static Failure closing() {
      return new Failure(new BsonDocument("closeConnection", BsonBoolean.TRUE));
    }

    static Failure blocking(Duration time) {
      return new Failure(
          new BsonDocument("blockConnection", BsonBoolean.TRUE)
              .append("blockTimeMS", new BsonInt64(time.toMillis())));
    }
  }

  private final String uri;
  private final MongoClient client;
  private final String prefix = TestDatabases.newPrefix();
  private final CopyOnWriteArrayList<String> databases = new CopyOnWriteArrayList<>();
  private boolean failing;

  MongoUnderTest(String uri) {
    this.uri = uri;
    this.client =
        MongoClients.create(
            MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(uri))
                .applicationName("perennial-control")
                .build());
  }

  /** The connection string. */
  String uri() {
    return uri;
  }

  /** A client that no fault hits. */
  MongoClient client() {
    return client;
  }

  /** The name of a database that only this test uses. */
  String database(String name) {
    String database = prefix + '_' + name;
    databases.addIfAbsent(database);
    return database;
  }

  /**
   * A collection whose writes are seen by every stream once they return: streams see only what a
   * majority has, which otherwise takes the time of a journal's commit.
   */
  MongoCollection<BsonDocument> collection(String database, String name) {
    return client
        .getDatabase(database)
        .getCollection(name, BsonDocument.class)
        .withWriteConcern(WriteConcern.MAJORITY);
  }

  BsonDocument admin(BsonDocument command) {
    return client.getDatabase("admin").runCommand(command, BsonDocument.class);
  }

  int wireVersion() {
    return hello().getNumber("maxWireVersion").intValue();
  }

  private BsonDocument hello() {
    // The old name, which every version knows.
    return admin(new BsonDocument("isMaster", new BsonInt32(1)));
  }

  /**
   * Where the primary is reached from here. A client that goes directly to one server need not be
   * able to reach it by the name that the set has for it.
   */
  ServerAddress primary() {
    ConnectionString named = new ConnectionString(uri);
    ClusterSettings cluster = ClusterSettings.builder().applyConnectionString(named).build();
    return new ServerAddress(
        cluster.getMode() == ClusterConnectionMode.SINGLE
            ? named.getHosts().get(0)
            : hello().getString("primary").getValue());
  }

  boolean isWritable() {
    return hello().getBoolean("ismaster").getValue();
  }

  /** The time of the last operation. */
  BsonTimestamp operationTime() {
    return admin(new BsonDocument("ping", new BsonInt32(1))).getTimestamp("operationTime");
  }

  /** Fails the next so many of these commands of an application, together. */
  void failCommand(String application, int times, Failure failure, String... commands) {
    configure(
        new BsonDocument("times", new BsonInt32(times)).toJson(), application, failure, commands);
  }

  /** Fails these commands of an application, but for the first few, until {@link #heal}. */
  void failAfter(String application, int skip, Failure failure, String... commands) {
    configure(
        skip == 0 ? "\"alwaysOn\"" : new BsonDocument("skip", new BsonInt32(skip)).toJson(),
        application,
        failure,
        commands);
  }

  private void configure(String mode, String application, Failure failure, String... commands) {
    BsonDocument data =
        failure
            .data
            .clone()
            .append("failCommands", strings(commands))
            .append("appName", new BsonString(application));
    try {
      admin(failPoint(BsonDocument.parse("{mode: " + mode + "}")).append("data", data));
    } catch (MongoCommandException e) {
      Assumptions.abort(
          "this case needs the failCommand fail point, and the server refuses it (start it with"
              + " --setParameter enableTestCommands=1): "
              + e.getErrorMessage());
    }
    failing = true;
  }

  private static BsonDocument failPoint(BsonDocument mode) {
    BsonDocument command = new BsonDocument("configureFailPoint", new BsonString("failCommand"));
    command.putAll(mode);
    return command;
  }

  /** Ends {@link #failCommand}. */
  void heal() {
    if (failing) {
      admin(failPoint(new BsonDocument("mode", new BsonString("off"))));
      failing = false;
    }
  }

  /** Writes an entry into the oplog that is no event, as the server does when it is idle. */
  void noop() {
    admin(
        new BsonDocument("appendOplogNote", new BsonInt32(1))
            .append("data", new BsonDocument("by", new BsonString("perennial"))));
  }

  /** Makes the primary step down; there is a primary again when this returns. */
  void stepDown() {
    try {
      admin(
          new BsonDocument("replSetStepDown", new BsonInt32(1))
              .append("secondaryCatchUpPeriodSecs", new BsonInt32(0))
              .append("force", BsonBoolean.TRUE));
    } catch (MongoCommandException e) {
      Assumptions.abort("the server refuses to step down: " + e.getErrorMessage());
    } catch (MongoException e) {
      // Servers may close the connection over it.
    }
    await().atMost(ELECTION).ignoreExceptions().until(this::isWritable);
  }

  /** Makes the oplog lose everything that happened until now. */
  void rollOplog() throws Exception {
    rollOplog(() -> {});
  }

  /**
   * Makes the oplog lose everything that happened until now, under streams that go on.
   *
   * @param readers waits until they have read all that happened until now
   */
  abstract void rollOplog(Runnable readers) throws Exception;

  /** A time that the oplog does not reach back to, though the set is older. */
  abstract BsonTimestamp beforeHistory() throws Exception;

  /** Inserts documents in one transaction. */
  abstract void insertInTransaction(
      String database, String collection, List<BsonDocument> documents);

  /** How many cursors the server has on a database. */
  abstract long openCursors(String database);

  /**
   * Has a change stream of the collection give an event whose BSON is corrupt. Real servers do no
   * such thing, so there the case is aborted.
   */
  void giveCorruptEvent(String database, String collection) {
    Assumptions.abort("this case needs an event that is corrupt, which no real server sends");
  }

  /**
   * Has a client be somebody who may log in and nothing else. Aborts the test where everybody may
   * do everything.
   *
   * @param database one that the stranger asks for in vain
   */
  abstract void asStranger(MongoClientSettings.Builder settings, String database);

  /**
   * Kills a cursor as an administrator does.
   *
   * @param namespace what the server says that the cursor is on
   */
  void killCursor(String namespace, long cursor) {
    MongoNamespace on = new MongoNamespace(namespace);
    client
        .getDatabase(on.getDatabaseName())
        .runCommand(
            new BsonDocument("killCursors", new BsonString(on.getCollectionName()))
                .append("cursors", new BsonArray(List.of(new BsonInt64(cursor)))));
  }

  void drop(String database, String collection) {
    collection(database, collection).drop();
  }

  void dropDatabase(String database) {
    client.getDatabase(database).drop();
  }

  void rename(String database, String from, String to) {
    collection(database, from).renameCollection(new MongoNamespace(database, to));
  }

  /** Makes a collection whose changes come with images. */
  void createWithImages(String database, String collection) {
    client
        .getDatabase(database)
        .runCommand(
            new BsonDocument("create", new BsonString(collection))
                .append(
                    "changeStreamPreAndPostImages", new BsonDocument("enabled", BsonBoolean.TRUE)));
  }

  /** Aborts the test unless the server can split events, which 6.0.9 and 7.0 can. */
  void requireSplit() {
    List<Integer> version =
        admin(new BsonDocument("buildInfo", new BsonInt32(1))).getArray("versionArray").stream()
            .map(part -> part.asNumber().intValue())
            .toList();
    boolean can =
        version.get(0) >= 7 || version.get(0) == 6 && (version.get(1) > 0 || version.get(2) >= 9);
    assumeThat(can)
        .as("splitting events needs MongoDB 6.0.9 or 7.0, and this is %s", version)
        .isTrue();
  }

  private static BsonArray strings(String... values) {
    return Arrays.stream(values)
        .map(BsonString::new)
        .collect(Collectors.toCollection(BsonArray::new));
  }

  @Override
  public void close() throws Exception {
    CloseSteps closing = new CloseSteps().then(this::heal);
    for (String database : databases) {
      closing.then(() -> remove(database));
    }
    closing.then(client).end();
  }

  /** Drops a database in the end, be there an election or not. */
  private void remove(String database) {
    await()
        .atMost(ELECTION)
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .ignoreExceptionsInstanceOf(MongoException.class)
        .until(() -> {
          dropDatabase(database);
          return true;
        });
  }
}
