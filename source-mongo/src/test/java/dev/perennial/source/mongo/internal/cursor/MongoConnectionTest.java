package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoException;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.changestream.FullDocument;
import dev.perennial.EventStream;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.simulators.mongo.Fault;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.ReceivedCommand;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.Positions;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.SkippingRuntime;
import dev.perennial.testkit.InMemoryCheckpointStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MongoConnectionTest {

  private final Rig rig = rig();
  private final MongoSource source = rig.builder().build();

  @AfterEach
  void close() {
    source.close();
    rig.close();
  }

  private Connection<ChangeEvent, MongoPosition> connect(MongoPosition after) throws Exception {
    return source.connect(Optional.of(after));
  }

  private static String text(Received<ChangeEvent, MongoPosition> received) {
    return received instanceof Received.Event<ChangeEvent, MongoPosition> event
        ? Rig.text(event.event())
        : received.getClass().getSimpleName();
  }

  @Test
  @DisplayName("nor is a server asked without time for what an answer means")
  void zeroBehindAnAnswer() throws Exception {
    Connection<ChangeEvent, MongoPosition> connection = connect(source.start().orElseThrow());
    rig.servers.faults().endCursors();
    Fault blocked = rig.servers.faults().fail("getMore", 1, FaultSpec.block(Rig.TIMEOUT));
    connection.wakeUp();
    rig.servers.clearObservations();
    assertThat(connection.receive(Rig.TIMEOUT)).isNull();
    await().atMost(Rig.TIMEOUT).until(() -> blocked.hits() == 1);
    blocked.remove();
    for (int i = 0; i < 1_000; i++) {
      assertThat(connection.receive(Duration.ZERO)).isNull();
    }
    assertThat(rig.servers.count("aggregate")).isZero();
    assertThatThrownBy(() -> Rig.receive(connection)).has(reason("cursor-lost"));
    connection.close(Rig.TIMEOUT);
  }

  @Test
  @DisplayName("what has arrived needs no I/O, and nothing else is given without")
  void zero() throws Exception {
    MongoPosition start = source.start().orElseThrow();
    rig.insert(1, 2);
    Connection<ChangeEvent, MongoPosition> connection = connect(start);
    rig.insert(3);
    rig.servers.clearObservations();

    assertThat(text(connection.receive(Duration.ZERO))).isEqualTo("insert 1");
    assertThat(text(connection.receive(Duration.ZERO))).isEqualTo("insert 2");
    assertThat(connection.receive(Duration.ZERO)).isNull();
    assertThat(connection.receive(Duration.ZERO)).isNull();
    assertThat(rig.servers.count("getMore")).isZero();
    assertThat(text(Rig.receive(connection))).isEqualTo("insert 3");
    connection.close(Rig.TIMEOUT);
    assertThat(rig.servers.openCursors()).isZero();
  }

  @Test
  @DisplayName("progress is given once per change, and never before the events of its batch")
  void progress() throws Exception {
    MongoPosition start = source.start().orElseThrow();
    rig.insert(1, 2);
    rig.servers.noop();
    Connection<ChangeEvent, MongoPosition> connection = connect(start);

    assertThat(text(Rig.receive(connection))).isEqualTo("insert 1");
    assertThat(text(Rig.receive(connection))).isEqualTo("insert 2");
    Received<ChangeEvent, MongoPosition> moved = Rig.receive(connection);
    assertThat(text(moved)).isEqualTo("Progress");
    for (int i = 0; i < 3; i++) {
      assertThat(connection.receive(Duration.ofMillis(100))).isNull();
    }
    rig.servers.noop();
    assertThat(text(Rig.receive(connection))).isEqualTo("Progress");
    connection.close(Rig.TIMEOUT);
  }

  @Test
  @DisplayName("behind an event's token there is no progress until a getMore was answered")
  void unproved() throws Exception {
    rig.insert(1);
    MongoPosition event = Positions.ofFirstEvent(source, rig.servers.oldestTime());
    rig.servers.noop();
    Connection<ChangeEvent, MongoPosition> connection = connect(event);

    assertThat(connection.receive(Duration.ZERO)).isNull();
    assertThat(text(Rig.receive(connection))).isEqualTo("Progress");
    connection.close(Rig.TIMEOUT);
  }

  @Test
  @DisplayName("every reopening is by startAfter or a time, with the options that were set")
  void options() throws Exception {
    try (MongoSource all =
        rig.builder()
            .fullDocument(FullDocument.UPDATE_LOOKUP)
            .showExpandedEvents(true)
            .batchSize(7)
            .comment("orders of the shop")
            .build()) {
      rig.insert(1);
      MongoPosition event = Positions.ofFirstEvent(all, rig.servers.oldestTime());
      rig.servers.clearObservations();
      all.connect(Optional.of(event)).close(Rig.TIMEOUT);
    }
    BsonDocument aggregate =
        rig.servers.commands().stream()
            .filter(command -> command.name().equals("aggregate"))
            .map(ReceivedCommand::document)
            .findFirst()
            .orElseThrow();
    BsonDocument stage =
        aggregate.getArray("pipeline").get(0).asDocument().getDocument("$changeStream");
    assertThat(stage.keySet())
        .containsExactlyInAnyOrder("fullDocument", "showExpandedEvents", "startAfter");
    assertThat(aggregate.getString("comment").getValue()).isEqualTo("orders of the shop");
    assertThat(aggregate.getDocument("cursor").getInt32("batchSize").getValue()).isEqualTo(7);
    assertThat(aggregate.containsKey("readConcern")).isFalse();
  }

  @Test
  @DisplayName("an interrupt before anything was asked leaves the connection as it is")
  void interruptedBefore() throws Exception {
    Connection<ChangeEvent, MongoPosition> connection = connect(source.start().orElseThrow());
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> connection.receive(Duration.ofMillis(100)))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    rig.insert(1);
    assertThat(text(Rig.receive(connection))).isEqualTo("insert 1");
    connection.close(Rig.TIMEOUT);
  }

  @Test
  @DisplayName("an interrupt within the driver loses nothing: the stream lives on with all events")
  void interruptedWithin() throws Exception {
    try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.stopMember(0);
      Thread puller = Thread.currentThread();
      CompletableFuture<Void> interrupt =
          CompletableFuture.runAsync(() -> {
            await()
                .atMost(Rig.TIMEOUT)
                .until(() ->
                    Thread.getAllStackTraces().values().stream()
                        .flatMap(Stream::of)
                        .anyMatch(at -> at.getMethodName().equals("selectServer")));
            puller.interrupt();
          });
      assertThatThrownBy(() -> stream.next(Rig.TIMEOUT)).isInstanceOf(InterruptedException.class);
      interrupt.get(20, TimeUnit.SECONDS);
      rig.servers.startMember(0);
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
    }
  }

  @Test
  @DisplayName("an interrupt of a getMore that is then answered with events loses and repeats none")
  void interruptedWithAnswer() throws Exception {
    MongoSource patient = rig.builder().maxAwaitTime(Duration.ofSeconds(1)).build();
    try (EventStream<ChangeEvent> stream = rig.live(patient)) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      long before = rig.servers.count("getMore");
      Thread puller = Thread.currentThread();
      CompletableFuture<Void> interrupt =
          CompletableFuture.runAsync(() -> {
            await().atMost(Rig.TIMEOUT).until(() -> rig.servers.count("getMore") > before);
            puller.interrupt();
            rig.insert(2, 6);
          });
      assertThatThrownBy(
              () -> {
                while (true) {
                  take(stream, 1);
                }
              })
          .isInstanceOf(InterruptedException.class);
      interrupt.get(20, TimeUnit.SECONDS);
      rig.insert(7);
      assertThat(take(stream, 6))
          .containsExactly("insert 2", "insert 3", "insert 4", "insert 5", "insert 6", "insert 7");
    }
  }

  private static MongoPosition firstEvent(Rig three) throws Exception {
    three.insert(1);
    try (MongoSource any = three.builder().build()) {
      return Positions.ofFirstEvent(any, three.servers.oldestTime());
    }
  }

  @Test
  @DisplayName(
      "below 5.0 a probe that failed is repeated after a while, so that a quiet stream moves")
  void probedAgain() throws Exception {
    try (Rig three = new Rig(servers -> servers.wireVersion(9).members(3))) {
      MongoPosition event = firstEvent(three);
      SkippingRuntime runtime = new SkippingRuntime();
      three.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(6));
      try (MongoSource source = three.builder().runtime(runtime).build()) {
        Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(event));
        for (int i = 0; i < 3; i++) {
          three.servers.noop();
          assertThat(connection.receive(Duration.ofMillis(100))).isNull();
        }
        runtime.skip(OplogCheck.INTERVAL);
        assertThat(text(Rig.receive(connection))).isEqualTo("Progress");
        connection.close(Rig.TIMEOUT);
      }
    }
  }

  @Test
  @DisplayName(
      "a probe that another member answered, after an election, says nothing of the cursor")
  void probedElsewhere() throws Exception {
    try (Rig three = new Rig(servers -> servers.wireVersion(9).members(3));
        MongoClient client = MongoClients.create(three.servers.connectionString())) {
      MongoPosition event = firstEvent(three);
      SkippingRuntime runtime = new SkippingRuntime();
      three.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(6));
      try (MongoSource source =
          MongoSource.builder(client)
              .watch(Scope.parse(Rig.ORDERS))
              .maxAwaitTime(Duration.ofMillis(100))
              .runtime(runtime)
              .build()) {
        Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(event));
        three.servers.noop();
        Fault blocked = three.servers.faults().fail("getMore", 1, FaultSpec.block(Rig.TIMEOUT));
        connection.wakeUp();
        assertThat(connection.receive(Rig.TIMEOUT)).isNull();
        await().atMost(Rig.TIMEOUT).until(() -> blocked.hits() == 1);
        three.servers.elect((three.servers.primary() + 1) % 3);
        String elected = three.servers.address(three.servers.primary());
        await()
            .atMost(Rig.TIMEOUT)
            .until(() ->
                client.getClusterDescription().getServerDescriptions().stream()
                    .anyMatch(member ->
                        member.isPrimary() && member.getAddress().toString().equals(elected)));
        runtime.skip(OplogCheck.INTERVAL);
        three.servers.clearObservations();
        blocked.remove();

        assertThat(connection.receive(Rig.TIMEOUT)).isNull();
        assertThat(three.servers.count("aggregate")).as("the probe").isEqualTo(1);
        assertThatThrownBy(() -> Rig.receive(connection))
            .isInstanceOf(MongoException.class)
            .hasMessageContaining("43");
        connection.close(Duration.ZERO);
      }
    }
  }

  @Test
  @DisplayName("if the oplog has overwritten it by then, it is lost history")
  void probedTooLate() throws Exception {
    try (Rig three = new Rig(servers -> servers.wireVersion(9).members(3))) {
      MongoPosition event = firstEvent(three);
      SkippingRuntime runtime = new SkippingRuntime();
      three.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(6));
      try (MongoSource source = three.builder().runtime(runtime).build()) {
        Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(event));
        BsonTimestamp oldest = three.servers.noop();
        // The cursor is past that, and so lives on.
        assertThat(connection.receive(Rig.TIMEOUT)).isNull();
        three.servers.faults().truncateOplog(oldest);
        runtime.skip(OplogCheck.INTERVAL);
        assertThatThrownBy(() -> Rig.receive(connection))
            .isInstanceOf(MongoException.class)
            .hasMessageContaining("286");
        connection.close(Duration.ZERO);
      }
    }
  }

  @Test
  @DisplayName("below 5.0 a probe that is refused is lost history at once")
  void probeRefused() throws Exception {
    try (Rig three = new Rig(servers -> servers.wireVersion(9).members(3))) {
      MongoPosition event = firstEvent(three);
      three.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(286));
      try (MongoSource source = three.builder().build()) {
        assertThatThrownBy(() -> source.connect(Optional.of(event)))
            .isInstanceOf(MongoException.class)
            .hasMessageContaining("286");
      }
      await().atMost(Rig.TIMEOUT).until(() -> three.servers.openCursors() == 0);
    }
  }

  @Test
  @DisplayName("a client of ours leads it to the cursor's own member, whichever that is")
  void probedThere() throws Exception {
    try (Rig three = new Rig(servers -> servers.wireVersion(9).members(3))) {
      MongoPosition event = firstEvent(three);
      MongoSourceBuilder builder = three.builder().readPreference(ReadPreference.nearest());
      for (int i = 0; i < 10; i++) {
        try (MongoSource source = builder.build()) {
          Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(event));
          three.servers.noop();
          assertThat(text(Rig.receive(connection))).isEqualTo("Progress");
          connection.close(Rig.TIMEOUT);
        }
      }
    }
  }

  @Test
  @DisplayName("case 29: close ends a stream that waits for a server, and leaves nothing behind")
  void closeWhileWaiting() throws Exception {
    EventStream<ChangeEvent> stream = rig.live(rig.builder().build());
    rig.servers.faults().fail("getMore", 1, FaultSpec.block(Duration.ofMillis(300)));
    CompletableFuture<Throwable> puller =
        CompletableFuture.supplyAsync(() -> {
          try {
            stream.next();
            return new AssertionError("there was no event to come");
          } catch (InterruptedException | RuntimeException e) {
            return e;
          }
        });
    await().atMost(Rig.TIMEOUT).until(() -> rig.servers.count("getMore") > 0);
    stream.close();

    assertThat(puller.get(20, TimeUnit.SECONDS))
        .isInstanceOf(dev.perennial.StreamClosedException.class);
    assertThat(rig.servers.openCursors()).isZero();
    await().atMost(Rig.TIMEOUT).until(() -> rig.servers.openConnections() == 0);
  }

  @Test
  @DisplayName("case 29: close ends a stream that looks for a server in vain")
  void closeWhileConnecting() throws Exception {
    rig.servers.stopMember(0);
    EventStream<ChangeEvent> stream = rig.stream();
    CompletableFuture<Throwable> puller =
        CompletableFuture.supplyAsync(() -> {
          try {
            stream.next();
            return new AssertionError("there was no event to come");
          } catch (InterruptedException | RuntimeException e) {
            return e;
          }
        });
    await().atMost(Rig.TIMEOUT).until(() -> stream.state() == dev.perennial.StreamState.CONNECTING);
    stream.close();

    assertThat(puller.get(20, TimeUnit.SECONDS))
        .isInstanceOf(dev.perennial.StreamClosedException.class);
    rig.servers.startMember(0);
  }

  @Test
  @DisplayName("garbage from the server costs a connection, and no event")
  void garbage() throws Exception {
    try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("getMore", 1, FaultSpec.garbage());
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
    }
  }

  @Test
  @DisplayName("a corrupt event is malformed, and the cursor goes on")
  void corrupt() throws Exception {
    try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.servers.rawEvent(
          Rig.ORDERS,
          BsonDocument.parse("{operationType: 'insert', note: 'x'}"),
          bytes -> {
            // The type of the last element, which no BSON has.
            bytes[bytes.length - 1 - 2 - 4 - 5 - 1] = 0x66;
            return bytes;
          });
      rig.insert(2);
      assertThat(take(stream, 2)).containsExactly("malformed", "insert 2");
      assertThat(stream.stats().reconnects()).isZero();
    }
  }

  @Test
  @DisplayName("no listener's error reaches the stream")
  void listenerThrows() throws Exception {
    MongoSource loud =
        rig.builder()
            .listener(
                new MongoListener() {
                  @Override
                  public void onInvalidate(Invalidated invalidated) {
                    throw new IllegalStateException("the listener's own");
                  }
                })
            .build();
    try (EventStream<ChangeEvent> stream = rig.live(loud)) {
      rig.insert(1);
      rig.servers.drop(Rig.ORDERS);
      assertThat(take(stream, 3)).containsExactly("insert 1", "drop", "invalidate");
    }
  }

  @Test
  @DisplayName("several collections of two databases come through one cursor, in order")
  void severalCollections() throws Exception {
    MongoSource several =
        rig.builder().watch(Scope.parse("shop.orders", "shop.customers", "stock.items")).build();
    try (EventStream<ChangeEvent> stream = rig.live(several)) {
      rig.insert(1);
      rig.servers.insert("stock.items", new BsonDocument("_id", new BsonInt32(2)));
      rig.servers.insert("stock.others", new BsonDocument("_id", new BsonInt32(3)));
      rig.servers.insert("shop.customers", new BsonDocument("_id", new BsonInt32(4)));
      assertThat(take(stream, 3)).containsExactly("insert 1", "insert 2", "insert 4");
    }
  }

  @Test
  @DisplayName("case 3: a start that cannot be saved keeps the stream from watching")
  void startNotSaved() throws Exception {
    rig.store.hang(InMemoryCheckpointStore.Call.SAVE);
    try (EventStream<ChangeEvent> stream = rig.stream()) {
      assertThat(stream.next(Duration.ofMillis(300))).isEmpty();
      assertThat(rig.servers.count("aggregate")).isZero();
      rig.store.release(InMemoryCheckpointStore.Call.SAVE);
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
    }
  }
}
