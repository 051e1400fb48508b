package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a run finds out of a server before its first case. */
class ServerRunTest {

  private static final String LOCK = ServerLock.DATABASE + '.' + ServerLock.COLLECTION;

  @Test
  void isAloneOnItsServerUntilItEnds() throws Exception {
    try (ReplicaSetSimulator servers = ReplicaSetSimulator.builder().start()) {
      String uri = servers.connectionString();
      ServerRun run = ServerRun.start(uri);
      assertThatThrownBy(() -> ServerRun.start(uri))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("another run uses this server")
          .hasMessageContaining(LOCK);
      run.close();
      assertThat(servers.documents(LOCK)).isEmpty();
      ServerRun.start(uri).close();
    }
  }

  @Test
  void takesOverFromARunThatIsSilent() {
    try (ReplicaSetSimulator servers = ReplicaSetSimulator.builder().start();
        MongoClient client = MongoClients.create(servers.connectionString())) {
      Instant now = Instant.now();
      ServerLock killed = ServerLock.take(client, now.minus(Duration.ofMinutes(70)));
      killed.renew(now.minus(Duration.ofMinutes(50)));
      assertThatThrownBy(() -> ServerLock.take(client, now))
          .hasMessageContaining("another run uses this server");

      ServerLock next = ServerLock.take(client, now.plus(Duration.ofMinutes(20)));

      assertThatThrownBy(() -> killed.renew(now)).hasMessageContaining("has taken over");
      killed.close();
      next.renew(now);
      assertThat(servers.documents(LOCK)).hasSize(1);
      next.close();
      assertThat(servers.documents(LOCK)).isEmpty();
    }
  }

  @Test
  void dropsWhatAKilledRunLeft() throws Exception {
    try (ReplicaSetSimulator servers = ReplicaSetSimulator.builder().start();
        MongoClient client = MongoClients.create(servers.connectionString())) {
      Instant now = Instant.now();
      String left = TestDatabases.prefix(now.minus(Duration.ofDays(2))) + "_shop";
      String young = TestDatabases.newPrefix() + "_shop";
      List.of(left, young, "perennial_mine", "perennial")
          .forEach(name -> servers.insert(name + ".orders", BsonDocument.parse("{_id: 1}")));

      ServerRun.start(servers.connectionString()).close();

      assertThat(client.listDatabaseNames().into(new ArrayList<>()))
          .contains(young, "perennial_mine", "perennial")
          .doesNotContain(left);
    }
  }

  @Test
  void saysWhatTheServerLacks() throws Exception {
    try (ReplicaSetSimulator servers = ReplicaSetSimulator.builder().start()) {
      servers.faults().failAlways("configureFailPoint", FaultSpec.error(59));
      try (ServerRun run = ServerRun.start(servers.connectionString())) {
        assertThat(run.description()).contains("7.0").contains("enableTestCommands=1");
      }
    }
  }

  @Test
  void nobodyIsThere() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String host = "127.0.0.1:" + port;
    assertThatThrownBy(() -> ServerRun.start("mongodb://" + host + "/?replicaSet=rs0"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The replica set at " + host + " has no primary that answers within 5 s.");
  }

  @Test
  void aMemberIsNoPrimary() {
    try (ReplicaSetSimulator servers = ReplicaSetSimulator.builder().members(2).start()) {
      String uri = "mongodb://" + servers.address(1) + "/?directConnection=true";
      assertThatThrownBy(() -> ServerRun.start(uri)).hasMessageContaining("is not primary");
      assertThat(servers.documents(LOCK)).isEmpty();
    }
  }

  @Test
  void aServerIsNoSetOrTooOld() {
    try (ReplicaSetSimulator server = ReplicaSetSimulator.builder().standalone().start()) {
      assertThatThrownBy(() -> ServerRun.start(server.connectionString()))
          .hasMessageContaining("--replSet");
    }
    try (ReplicaSetSimulator old =
        ReplicaSetSimulator.builder().wireVersion(MongoUnderTest.WIRE_4_2).start()) {
      assertThatThrownBy(() -> ServerRun.start(old.connectionString()))
          .hasMessageContaining("older than 4.4");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mongodb://me:hushhush@127.0.0.1:1/?timeoutMS=500, timeoutMS",
    "mongodb://me:hushhush@127.0.0.1:1/?readPreference=secondary, read preference",
    "mongodb://me:hush@hush@127.0.0.1:1, no connection string",
    "me:hushhush@127.0.0.1:1, no connection string"
  })
  void aConnectionStringIsRefused(String uri, String why) {
    assertThatThrownBy(() -> ServerRun.start(uri))
        .isInstanceOf(IllegalStateException.class)
        .hasNoCause()
        .hasMessageContaining(why)
        .hasMessageNotContaining("hush");
  }

  @Test
  void aSingleServerIsReachedByTheNameThatItWasGiven() throws Exception {
    try (ReplicaSetSimulator servers = ReplicaSetSimulator.builder().start()) {
      String address = servers.address(0);
      String port = address.substring(address.indexOf(':'));
      for (String uri :
          List.of(
              "mongodb://localhost" + port + "/?directConnection=true",
              "mongodb://localhost" + port)) {
        try (RealMongo mongo = new RealMongo(uri, MongoUnderTest.Setup.ANY)) {
          assertThat(mongo.primary().toString()).isEqualTo("localhost" + port);
        }
      }
      try (RealMongo mongo =
          new RealMongo(
              "mongodb://localhost" + port + "/?replicaSet=rs0", MongoUnderTest.Setup.ANY)) {
        assertThat(mongo.primary().toString()).isEqualTo(address);
      }
    }
  }

  @Test
  void writesUntilTheOplogIsCut() {
    AtomicInteger parts = new AtomicInteger();
    RealMongo.fillUntil(
        () -> parts.get() >= 5, parts::incrementAndGet, Duration.ofMillis(1), Pull.PATIENCE);
    assertThat(parts).hasValue(5);
    assertThatThrownBy(() ->
            RealMongo.fillUntil(
                () -> false, parts::incrementAndGet, Duration.ofMillis(10), Duration.ofSeconds(1)))
        .hasMessageContaining("the server cuts its oplog, which is full, within 1 s");
  }
}
