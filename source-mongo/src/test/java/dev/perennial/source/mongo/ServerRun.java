package dev.perennial.source.mongo;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;

/**
 * One run of the cases on a real replica set. Finds out first whether they can be shown there at
 * all, so that one line says what is wrong instead of every case; then the server is this run's
 * alone until it is closed.
 */
final class ServerRun implements AutoCloseable {

  /** A server that is there answers sooner, unless it has no primary. */
  private static final int SELECTION_SECONDS = 5;

  private final String uri;
  private final MongoClient client;
  private final ServerLock lock;
  private final String version;
  private final List<String> missing = new ArrayList<>();

  /**
   * @throws IllegalStateException if the cases cannot be shown there; the message is one line and
   *     names no credentials
   */
  static ServerRun start(String uri) {
    ConnectionString named = parse(uri);
    MongoClient client =
        MongoClients.create(
            MongoClientSettings.builder()
                .applyConnectionString(named)
                .applicationName("perennial-control")
                .applyToClusterSettings(
                    cluster -> cluster.serverSelectionTimeout(SELECTION_SECONDS, TimeUnit.SECONDS))
                .build());
    try {
      return new ServerRun(uri, client);
    } catch (MongoSecurityException e) {
      client.close();
      throw at(named, "refuses the credentials");
    } catch (MongoCommandException e) {
      client.close();
      throw at(named, "refuses what the cases need: " + e.getErrorMessage());
    } catch (MongoTimeoutException e) {
      client.close();
      throw at(named, "has no primary that answers within " + SELECTION_SECONDS + " s");
    } catch (MongoException e) {
      client.close();
      throw at(named, "cannot be used: " + e.getClass().getSimpleName() + " " + e.getCode());
    } catch (IllegalStateException e) {
      client.close();
      throw at(named, e.getMessage());
    }
  }

  private ServerRun(String uri, MongoClient client) {
    this.uri = uri;
    this.client = client;
    requireReplicaSet(admin("isMaster"));
    this.version = admin("buildInfo").getString("version").getValue();
    this.lock = ServerLock.take(client, Instant.now());
    try {
      dropWhatWasLeft();
      lookAtFailPoints();
      lookAtOplog();
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
    System.out.println(description());
  }

  private static ConnectionString parse(String uri) {
    ConnectionString named;
    try {
      named = new ConnectionString(uri);
    } catch (IllegalArgumentException e) {
      // Its message may hold a part of the password.
      throw new IllegalStateException(
          "What was given is no connection string: mongodb://host:27017/?replicaSet=rs0 is one.");
    }
    if (named.getTimeout() != null) {
      throw at(named, "is not to be used with timeoutMS, which streams do without");
    }
    ReadPreference preference = named.getReadPreference();
    if (preference != null && !preference.equals(ReadPreference.primary())) {
      throw at(named, "is not to be used with a read preference: the faults are on the primary");
    }
    return named;
  }

  private static IllegalStateException at(ConnectionString named, String what) {
    String one = String.valueOf(what).replace('\n', ' ');
    return new IllegalStateException(
        "The replica set at " + String.join(",", named.getHosts()) + " " + one + ".");
  }

  private BsonDocument admin(String command) {
    return client
        .getDatabase("admin")
        .runCommand(new BsonDocument(command, new BsonInt32(1)), BsonDocument.class);
  }

  private static void requireReplicaSet(BsonDocument hello) {
    if (!hello.containsKey("setName")) {
      throw new IllegalStateException(
          "is none, or is reached through mongos: start mongod with --replSet, initiate the set,"
              + " and name a member");
    }
    if (!hello.getBoolean("ismaster").getValue()) {
      throw new IllegalStateException(
          "is reached by a member that is not primary: name all members and replicaSet, or the"
              + " primary");
    }
    int wireVersion = hello.getNumber("maxWireVersion").intValue();
    if (wireVersion < MongoUnderTest.WIRE_4_4) {
      throw new IllegalStateException(
          "is older than 4.4, which the cases need: its wire version is " + wireVersion);
    }
  }

  private void dropWhatWasLeft() {
    Instant now = Instant.now();
    for (String database : client.listDatabaseNames()) {
      if (TestDatabases.isLeft(database, now)) {
        System.out.println("Dropping " + database + ", which a run was killed over.");
        client.getDatabase(database).drop();
      }
    }
  }

  /** Turns the fail point off, which a run may have been killed over, if there is such a thing. */
  private void lookAtFailPoints() {
    try {
      client
          .getDatabase("admin")
          .runCommand(
              new BsonDocument("configureFailPoint", new BsonString("failCommand"))
                  .append("mode", new BsonString("off")));
    } catch (MongoCommandException e) {
      missing.add("fail points (--setParameter enableTestCommands=1)");
    }
  }

  private void lookAtOplog() {
    try {
      long size = RealMongo.oplogSize(client);
      if (size > RealMongo.LARGEST_OPLOG) {
        missing.add("an oplog that can be filled (--oplogSize 64; it has " + (size >> 20) + " MB)");
      }
    } catch (MongoCommandException e) {
      missing.add("the right to look at the oplog (" + e.getErrorMessage() + ")");
    }
  }

  /** What the cases run on, and what it lacks. */
  String description() {
    return "MongoDB "
        + version
        + (missing.isEmpty() ? "" : ", without " + String.join(" and ", missing));
  }

  /** The server for one case. */
  MongoUnderTest mongo(Setup setup) {
    lock.renew(Instant.now());
    return new RealMongo(uri, setup);
  }

  @Override
  public void close() throws Exception {
    new CloseSteps().then(lock).then(client).end();
  }
}
