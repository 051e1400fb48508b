package dev.perennial.simulators.mongo;

import static dev.perennial.simulators.mongo.MongoFixture.ORDERS;
import static dev.perennial.simulators.mongo.MongoFixture.insert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoInternalException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoSocketException;
import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.client.model.changestream.FullDocument;
import dev.perennial.simulators.mongo.server.Election;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the official driver does when things go wrong. */
@Timeout(60)
class DriverFaultsTest {

  private final ReplicaSetSimulator simulator = ReplicaSetSimulator.builder().members(3).start();
  private final MongoClient client = MongoClients.create(simulator.connectionString());

  @AfterEach
  void close() {
    client.close();
    simulator.close();
  }

  @Test
  void theDriverResumesAfter43AndLosesNothing() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = watch()) {
      insert(simulator, ORDERS, 1);
      assertThat(id(cursor)).isEqualTo(1);
      simulator.faults().fail("getMore", 1, FaultSpec.error(43));
      insert(simulator, ORDERS, 2);

      assertThat(id(cursor)).isEqualTo(2);
      assertThat(simulator.count("aggregate")).isEqualTo(2);
    }
  }

  @Test
  void theDriverResumesAfterALostConnection() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = watch()) {
      insert(simulator, ORDERS, 1);
      assertThat(id(cursor)).isEqualTo(1);
      simulator.faults().fail("getMore", 1, FaultSpec.close());
      insert(simulator, ORDERS, 2);

      assertThat(id(cursor)).isEqualTo(2);
    }
  }

  @Test
  void theDriverSurfacesAnErrorWithoutTheLabel() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = watch()) {
      simulator.faults().fail("getMore", 1, FaultSpec.error(6));

      assertThatThrownBy(cursor::tryNext)
          .isInstanceOfSatisfying(
              MongoCommandException.class, e -> assertThat(e.getErrorCode()).isEqualTo(6));
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436
      })
  void on42TheDriverResumesByCode(int code) {
    try (ReplicaSetSimulator older = ReplicaSetSimulator.builder().wireVersion(8).start();
        MongoClient olderClient = MongoClients.create(older.connectionString());
        MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor =
            open(olderClient, FullDocument.DEFAULT)) {
      older.faults().fail("getMore", 1, FaultSpec.error(code));
      insert(older, ORDERS, 2);

      assertThat(id(cursor)).isEqualTo(2);
      assertThat(older.count("aggregate")).isEqualTo(2);
    }
  }

  @Test
  void repeated43IsAStormOfAggregates() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = watch()) {
      Fault storm = simulator.faults().resumeStorm();
      Thread reader = new Thread(cursor::tryNext);
      reader.start();

      Awaitility.await().until(() -> storm.hits() > 20);

      storm.remove();
      Awaitility.await().until(() -> !reader.isAlive());
      assertThat(simulator.count("aggregate")).isGreaterThan(20);
    }
  }

  @Test
  void writesMoveToTheNewPrimaryAndTheStreamSeesThem() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = watch()) {
      for (int i = 0; i < 4; i++) {
        orders().insertOne(new Document("_id", i));
        assertThat(id(cursor)).isEqualTo(i);
        simulator.stepDown();
      }
    }
    assertThat(simulator.primary()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aStepDownCommandLeavesTheSetWithoutAPrimaryForAWhile(int members) {
    try (ReplicaSetSimulator servers = ReplicaSetSimulator.builder().members(members).start()) {
      int meanwhile =
          servers
              .set
              .lock()
              .locked(() -> {
                servers.set.stepDownWithPause();
                return servers.set.election().primary();
              });

      assertThat(meanwhile).isEqualTo(Election.NONE);
      Awaitility.await().until(() -> servers.primary() == (members == 1 ? 0 : 1));
    }
  }

  @Test
  void theCommandToStepDownIsFollowedByAnElection() {
    try (RawMongo raw = new RawMongo(simulator)) {
      assertThat(raw.run("admin", "{replSetStepDown: 1, force: true}").getNumber("ok").intValue())
          .isEqualTo(1);
      BsonDocument answer = raw.run("shop", "{insert: 'orders', documents: [{_id: 1}]}");

      assertThat(answer.getInt32("code").getValue()).isEqualTo(10107);
      Awaitility.await().until(() -> simulator.primary() == 1);
    }
  }

  @Test
  void aStoppedPrimaryIsReplacedAndTheStreamContinues() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = watch()) {
      insert(simulator, ORDERS, 1);
      assertThat(id(cursor)).isEqualTo(1);
      simulator.stopMember(0);
      insert(simulator, ORDERS, 2);

      assertThat(id(cursor)).isEqualTo(2);
      assertThat(simulator.primary()).isEqualTo(1);
      simulator.startMember(0);
      orders().insertOne(new Document("_id", 3));
      assertThat(id(cursor)).isEqualTo(3);
    }
  }

  @Test
  void theDriversCursorEndsWithAnInvalidate() {
    insert(simulator, ORDERS, 0);
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = watch()) {
      orders().drop();

      assertThat(cursor.next().getOperationTypeString()).isEqualTo("drop");
      assertThat(cursor.next().getOperationTypeString()).isEqualTo("invalidate");
      assertThat(cursor.tryNext()).isNull();
      assertThat(cursor.getServerCursor()).isNull();
    }
  }

  @Test
  void wrongCredentialsAreASecurityException() {
    simulator.faults().refuseCredentials(true);
    String uri = simulator.connectionString().replace("mongodb://", "mongodb://me:secret@");
    MongoClientSettings settings =
        MongoClientSettings.builder()
            .applyConnectionString(new ConnectionString(uri))
            .applyToClusterSettings(b -> b.serverSelectionTimeout(5, TimeUnit.SECONDS))
            .build();
    try (MongoClient refused = MongoClients.create(settings)) {
      assertThatThrownBy(() -> refused.getDatabase("admin").runCommand(new Document("ping", 1)))
          .isInstanceOf(MongoSecurityException.class)
          .hasRootCauseInstanceOf(MongoCommandException.class)
          .rootCause()
          .hasMessageContaining("18");
    }
  }

  @Test
  void garbageIsASocketOrProtocolError() {
    simulator.faults().fail("ping", 2, FaultSpec.garbage());

    assertThatThrownBy(() -> client.getDatabase("admin").runCommand(new Document("ping", 1)))
        .isInstanceOfAny(MongoSocketException.class, MongoInternalException.class);
  }

  @Test
  void monitoringDoesNotSpin() {
    client.getDatabase("admin").runCommand(new Document("ping", 1));
    insert(simulator, ORDERS, 1);
    simulator.stepDown();
    orders().insertOne(new Document("_id", 2));

    // Streaming monitors ask once each and hear the rest; round trip monitors ask every ten
    // seconds.
    assertThat(simulator.count("hello") + simulator.count("isMaster") + simulator.count("ismaster"))
        .isLessThan(40);
  }

  @Test
  void aClosedClientLeavesNothingBehind() {
    MongoClient leaving = MongoClients.create(simulator.connectionString());
    leaving.getDatabase("admin").runCommand(new Document("ping", 1));
    client.close();
    leaving.close();

    Awaitility.await().until(() -> simulator.openConnections() == 0);
  }

  @Test
  void aMemberThatIsPrimaryAgainIsKnownByItsTerm() {
    BsonDocument first = hello();
    simulator.stepDown();
    simulator.elect(0);

    assertThat(hello().getObjectId("electionId").getValue())
        .isGreaterThan(first.getObjectId("electionId").getValue());
  }

  private BsonDocument hello() {
    try (RawMongo raw = new RawMongo(simulator)) {
      return raw.run("admin", "{hello: 1}");
    }
  }

  private MongoChangeStreamCursor<ChangeStreamDocument<Document>> watch() {
    return open(client, FullDocument.DEFAULT);
  }

  private static MongoChangeStreamCursor<ChangeStreamDocument<Document>> open(
      MongoClient client, FullDocument mode) {
    return client
        .getDatabase("shop")
        .getCollection("orders")
        .watch()
        .fullDocument(mode)
        .maxAwaitTime(500, TimeUnit.MILLISECONDS)
        .cursor();
  }

  private MongoCollection<Document> orders() {
    return client.getDatabase("shop").getCollection("orders");
  }

  private static int id(MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor) {
    return cursor.next().getDocumentKey().getInt32("_id").getValue();
  }
}
