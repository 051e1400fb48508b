package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.mongodb.MongoCommandException;
import com.mongodb.ReadPreference;
import com.mongodb.ServerAddress;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerConnectionState;
import com.mongodb.connection.ServerDescription;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.port.Connection;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.ReceivedCommand;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.internal.client.ClientHandle;
import dev.perennial.source.mongo.internal.client.ServerPin;
import dev.perennial.source.mongo.internal.position.NewestClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All commands of a cursor reach the server that has it. */
class CursorServerTest {

  private static Predicate<ReceivedCommand> named(String... names) {
    return command -> List.of(names).contains(command.name());
  }

  private static MongoSourceBuilder given(MongoClient client) {
    return MongoSource.builder(client)
        .watch(Scope.parse(Rig.ORDERS))
        .maxAwaitTime(Duration.ofMillis(100));
  }

  @ParameterizedTest
  @CsvSource({"false,nearest", "false,secondary", "true,nearest", "true,primary"})
  @DisplayName("a client of ours sends each getMore and killCursors to the server of its aggregate")
  void pinned(boolean routers, String preference) throws Exception {
    try (Rig three =
        new Rig(servers -> (routers ? servers.router() : servers).members(3).wireVersion(21))) {
      if (routers) {
        three.servers.insert("config.version", new BsonDocument("_id", new BsonInt32(1)));
      }
      for (int i = 0; i < 5; i++) {
        three.servers.clearObservations();
        try (MongoSource source =
            three.builder().readPreference(ReadPreference.valueOf(preference)).build()) {
          Connection<ChangeEvent, MongoPosition> connection =
              source.connect(Optional.of(ResumePosition.ofTime(three.servers.currentTime())));
          for (int j = 0; j < 5; j++) {
            three.insert(10 * i + j);
            Rig.receive(connection);
          }
          connection.close(Duration.ofSeconds(1));
        }
        assertThat(three.servers.commands().stream().filter(named("getMore"))).isNotEmpty();
        assertThat(
                three.servers.commands().stream()
                    .filter(named("aggregate", "getMore", "killCursors")))
            .extracting(ReceivedCommand::member)
            .containsOnly(
                three.servers.commands().stream()
                    .filter(named("aggregate"))
                    .findFirst()
                    .orElseThrow()
                    .member());
        assertThat(three.servers.openCursors()).isZero();
      }
    }
  }

  @Test
  @DisplayName("a cursor whose server becomes a secondary is read on")
  void steppedDown() throws Exception {
    try (Rig three = new Rig(servers -> servers.members(3));
        EventStream<ChangeEvent> stream = three.live(three.builder().build())) {
      three.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      int before = three.servers.primary();
      three.servers.elect((before + 1) % 3);
      three.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
    }
  }

  @Test
  @DisplayName("with a given client the getMore reaches the next primary, and the stream reopens")
  void failover() throws Exception {
    try (Rig three = new Rig(servers -> servers.members(3));
        MongoClient client = MongoClients.create(three.servers.connectionString());
        EventStream<ChangeEvent> stream = three.live(given(client).build())) {
      three.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      three.servers.elect((three.servers.primary() + 1) % 3);
      three.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      await()
          .atMost(Rig.TIMEOUT)
          .until(() ->
              stream.next(Duration.ofMillis(10)).isEmpty() && stream.stats().reconnects() > 0);
      three.insert(3);
      assertThat(take(stream, 1)).containsExactly("insert 3");
      assertThat(three.servers.commands().stream().filter(named("aggregate")))
          .extracting(ReceivedCommand::member)
          .containsExactly(0, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a given client that may reach several servers ends the stream with the remedy")
  void refused(boolean routers) throws Exception {
    try (Rig three = new Rig(servers -> (routers ? servers.router() : servers).members(3));
        MongoClient client = MongoClients.create(three.servers.connectionString())) {
      MongoSourceBuilder builder = given(client);
      if (!routers) {
        builder.readPreference(ReadPreference.secondaryPreferred());
      }
      try (EventStream<ChangeEvent> stream = three.stream(builder.build())) {
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead).has(causeOfReason("rejected"));
        assertThat(dead.getCause())
            .hasMessageContaining("MongoClientSettings")
            .hasMessageContaining(routers ? "several mongos" : "secondaryPreferred");
      }
      assertThat(three.servers.count("aggregate")).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SINGLE,UNKNOWN,1,nearest,true",
    "SINGLE,REPLICA_SET,1,secondary,true",
    "MULTIPLE,REPLICA_SET,3,primary,true",
    "MULTIPLE,UNKNOWN,3,primary,true",
    "MULTIPLE,REPLICA_SET,1,secondary,true",
    "MULTIPLE,SHARDED,1,nearest,true",
    "MULTIPLE,REPLICA_SET,3,primaryPreferred,false",
    "MULTIPLE,REPLICA_SET,3,nearest,false",
    "MULTIPLE,SHARDED,2,primary,false",
    "LOAD_BALANCED,LOAD_BALANCED,1,primary,false"
  })
  @DisplayName("a given client reaches the same server with one server or a set's primary")
  void requirements(
      ClusterConnectionMode mode, ClusterType type, int servers, String preference, boolean same) {
    MongoClient client = mock(MongoClient.class);
    when(client.getClusterDescription())
        .thenReturn(
            new ClusterDescription(
                mode,
                type,
                IntStream.range(0, servers).mapToObj(CursorServerTest::server).toList()));
    ClientHandle handle = new ClientHandle.Given(client);

    if (same) {
      Assertions.assertThatNoException()
          .isThrownBy(() -> handle.requireSameServer(ReadPreference.valueOf(preference)));
    } else {
      Assertions.assertThatThrownBy(
              () -> handle.requireSameServer(ReadPreference.valueOf(preference)))
          .isInstanceOf(MongoSourceException.class);
    }
  }

  private static ServerDescription server(int port) {
    return ServerDescription.builder()
        .address(new ServerAddress("localhost", port))
        .state(ServerConnectionState.CONNECTING)
        .build();
  }

  @Test
  @DisplayName("behind a load balancer all commands of a cursor use one connection")
  void loadBalanced() throws Exception {
    try (Rig rig = new Rig(servers -> servers.router())) {
      rig.servers.insert("config.version", new BsonDocument("_id", new BsonInt32(1)));
      try (EventStream<ChangeEvent> stream =
          rig.live(
              MongoSource.builder(rig.servers.connectionString() + "?loadBalanced=true")
                  .watch(Scope.parse(Rig.ORDERS))
                  .maxAwaitTime(Duration.ofMillis(100))
                  .build())) {
        rig.insert(1, 3);
        assertThat(take(stream, 3)).containsExactly("insert 1", "insert 2", "insert 3");
      }
      assertThat(
              rig.servers.commands().stream()
                  .filter(named("aggregate", "getMore", "killCursors"))
                  .map(ReceivedCommand::connection)
                  .distinct())
          .hasSize(1);
      assertThat(rig.servers.openCursors()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"8,false", "9,true"})
  @DisplayName("a getMore has the stream's options, and its comment from 4.4 on")
  void options(int wireVersion, boolean commented) throws Exception {
    try (Rig rig = Rig.rig(wireVersion);
        EventStream<ChangeEvent> stream =
            rig.live(rig.builder().batchSize(7).comment("orders of the shop").build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      BsonDocument getMore =
          rig.servers.commands().stream()
              .filter(named("getMore"))
              .map(ReceivedCommand::document)
              .findFirst()
              .orElseThrow();
      assertThat(getMore.getString("collection").getValue()).isEqualTo("orders");
      assertThat(getMore.getNumber("maxTimeMS").intValue()).isEqualTo(100);
      assertThat(getMore.getNumber("batchSize").intValue()).isEqualTo(7);
      assertThat(getMore.containsKey("comment")).isEqualTo(commented);
    }
  }

  @Test
  @DisplayName("a getMore asks for 4 MB of events as large as the last ones, if there were any")
  void batchBytes() throws Exception {
    try (Rig rig = Rig.rig();
        MongoSource source = rig.builder().build()) {
      Connection<ChangeEvent, MongoPosition> connection =
          source.connect(Optional.of(ResumePosition.ofTime(rig.servers.currentTime())));
      assertThat(batchSizeOfNextGetMore(rig, connection)).isEmpty();
      rig.servers.insert(Rig.ORDERS, document(1, 900_000));
      Rig.receive(connection);
      assertThat(batchSizeOfNextGetMore(rig, connection)).contains(4);
      rig.servers.insert(Rig.ORDERS, document(2, 5_000_000));
      Rig.receive(connection);
      assertThat(batchSizeOfNextGetMore(rig, connection)).contains(1);
      assertThat(batchSizeOfNextGetMore(rig, connection)).isEmpty();
      connection.close(Duration.ofSeconds(1));
    }
  }

  @Test
  @DisplayName("a getMore after events keeps the application's own batch size")
  void batchSizeOfTheApplication() throws Exception {
    try (Rig rig = Rig.rig();
        MongoSource source = rig.builder().batchSize(7).build()) {
      Connection<ChangeEvent, MongoPosition> connection =
          source.connect(Optional.of(ResumePosition.ofTime(rig.servers.currentTime())));
      rig.insert(1);
      Rig.receive(connection);
      assertThat(batchSizeOfNextGetMore(rig, connection)).contains(7);
      connection.close(Duration.ofSeconds(1));
    }
  }

  private static BsonDocument document(int id, int bytes) {
    return new BsonDocument("_id", new BsonInt32(id)).append("b", new BsonBinary(new byte[bytes]));
  }

  /** Has the server asked once, which has no events, and returns for how many it was asked. */
  private static Optional<Integer> batchSizeOfNextGetMore(
      Rig rig, Connection<ChangeEvent, MongoPosition> connection) throws Exception {
    rig.servers.clearObservations();
    connection.receive(Duration.ZERO); // The progress after the events.
    connection.receive(Rig.TIMEOUT);
    BsonDocument getMore =
        rig.servers.commands().stream()
            .filter(named("getMore"))
            .map(ReceivedCommand::document)
            .findFirst()
            .orElseThrow();
    return Optional.ofNullable(getMore.get("batchSize")).map(size -> size.asNumber().intValue());
  }

  @Test
  @DisplayName("an error in a reply that says ok is the server's error")
  void errorDespiteOk() {
    MongoClient client = mock(MongoClient.class);
    MongoDatabase database = mock(MongoDatabase.class);
    when(client.getDatabase("shop")).thenReturn(database);
    when(database.withCodecRegistry(any())).thenReturn(database);
    when(database.runCommand(any(ClientSession.class), any(), any(), eq(Reply.class)))
        .thenReturn(Reply.failed(BsonDocument.parse("{code: 43, errmsg: 'gone'}")));
    CursorCommands commands =
        new CursorCommands(
            client,
            mock(ClientSession.class),
            new ServerPin.Selector(null).newPin(),
            ReadPreference.primary(),
            new NewestClusterTime());

    MongoCommandException error =
        catchThrowableOfType(
            MongoCommandException.class,
            () -> commands.run("shop", new BsonDocument("getMore", new BsonInt32(1))));

    assertThat(error.getCode()).isEqualTo(43);
    assertThat(error.getErrorMessage()).isEqualTo("gone");
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("a close ends a getMore that waits for a long time, on old servers without its end")
  void closesWhileWaiting(int wireVersion) throws Exception {
    try (Rig rig = Rig.rig(wireVersion)) {
      EventStream<ChangeEvent> stream =
          rig.live(rig.builder().maxAwaitTime(Duration.ofMinutes(10)).build());
      assertThat(stream.next(Duration.ofMillis(100))).isEmpty();
      await().atMost(Rig.TIMEOUT).until(() -> rig.servers.count("getMore") == 1);

      long begin = System.nanoTime();
      stream.close();

      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
      assertThat(rig.servers.openCursors()).isZero();
    }
  }

  @Test
  @DisplayName("after a failed getMore the cursor is killed, and nothing waits for that")
  void killedAfterAnError() throws Exception {
    try (Rig rig = Rig.rig();
        MongoSource source = rig.builder().build()) {
      Connection<ChangeEvent, MongoPosition> connection =
          source.connect(Optional.of(source.start().orElseThrow()));
      // It hits the command before the server looks for the cursor, which therefore stays open.
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(237));
      Assertions.assertThatThrownBy(() -> Rig.receive(connection)).isNotNull();
      connection.close(Duration.ZERO);

      await().atMost(Rig.TIMEOUT).until(() -> rig.servers.openCursors() == 0);
    }
  }
}
