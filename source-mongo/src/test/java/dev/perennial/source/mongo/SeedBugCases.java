package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.ServerAddress;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Field;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Verdict;
import dev.perennial.source.mongo.MongoUnderTest.Failure;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bugs of the program that this one replaces, each shown not to be here; those that a
 * conformance case shows too are in its name.
 */
abstract class SeedBugCases extends MongoServerCases {

  @ParameterizedTest(
      name =
          "seed bug 5: a checkpoint that cannot be read ({0}) ends the stream instead of beginning at now")
  @ValueSource(strings = {"", "1 token zz", "9 token 82 1.1", "1 time yesterday"})
  void unreadableCheckpoint(String position) throws Exception {
    given(Setup.ANY);
    Checkpoint spoiled =
        new Checkpoint(
            "mongodb",
            source().build().encode(ResumePosition.ofTime(mongo.operationTime())).fingerprint(),
            position);
    store.put(STREAM, spoiled);

    StreamFailedException death = Pull.death(open(stream(source())));

    assertThat(death.reason()).isEqualTo(Reason.CHECKPOINT);
    assertThat(commands.all()).isEmpty();
    assertThat(store.checkpoint(STREAM)).contains(spoiled);
  }

  @Test
  @DisplayName(
      "seed bug 5: a cursor lost before the first event is reopened where the stream began, not at now")
  void lostBeforeTheFirstEvent() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    BsonTimestamp start = lastSaved().operationTime().orElseThrow();

    mongo.failCommand(application, 1, Failure.error(237), "getMore");
    // It happens before the cursor is there that gives it: one that begins at now does not see it.
    insert(1);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);
    assertThat(commands.failed("getMore")).isEqualTo(1);
    assertThat(commands.opens()).hasSize(2);
    assertThat(commands.opens()).allSatisfy(open -> assertThat(open.atTime()).contains(start));
  }

  @Test
  @DisplayName("seed bug 9: an event that cannot be decoded is delivered, and no ack passes it")
  void malformed() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    mongo.giveCorruptEvent(database, ORDERS);
    insert(3);

    List<Delivery<ChangeEvent>> three = Pull.next(stream, 3);
    assertThat(three.get(0).event()).isInstanceOf(Change.class);
    assertThat(three.get(1).event()).isInstanceOf(MalformedChange.class);
    assertThat(three.get(2).event()).isInstanceOf(Change.class);
    MalformedChange malformed = (MalformedChange) three.get(1).event();
    assertThat(malformed.resumeToken()).isEqualTo(position(three.get(1)).token());
    assertThat(malformed.raw()).hasSize((int) malformed.size());
    three.get(0).ack();
    three.get(2).ack();
    quietly(stream);
    stream.close();

    assertThat(lastSaved()).isEqualTo(position(three.get(0)));
    assertThat(stream.stats().malformed()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "seed bug 10: a checkpoint that cannot be saved is tried again, and ends the stream when that takes too long")
  void savesFail() throws Exception {
    given(Setup.ANY);
    // It goes for the start as well, which may be slow.
    EventStream<ChangeEvent> stream =
        live(stream(source(), eager().tolerateOutage(Duration.ofSeconds(5))));
    insert(1, 2);
    List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);
    store.fail(Call.SAVE, 1);
    two.get(0).ack();
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(two.get(0)).isEmpty());
    store.fail(Call.SAVE, 1_000_000);
    two.get(1).ack();

    StreamFailedException death = Pull.death(stream);

    assertThat(death.reason()).isEqualTo(Reason.CHECKPOINT);
    assertThat(savedFrom(two.get(1))).isEmpty();
    store.heal();
  }

  @Test
  @DisplayName("seed bug 10: many acks share few saves, and close waits for the last of them")
  void savesAreCoalesced() throws Exception {
    given(Setup.ANY);
    int events = 2_000;
    EventStream<ChangeEvent> stream =
        live(
            stream(
                source(), Checkpoints.in(store, STREAM).every(1_000_000, Duration.ofMinutes(10))));
    insertMany(events);
    List<Delivery<ChangeEvent>> all = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      Delivery<ChangeEvent> delivery = Pull.next(stream);
      delivery.ack();
      all.add(delivery);
    }
    store.hang(Call.SAVE, Duration.ofMillis(300));
    stream.close();

    assertThat(savedFrom(all.get(0))).hasSize(1);
    assertThat(key(lastSaved())).isGreaterThanOrEqualTo(key(position(all.get(events - 1))));
  }

  private void insertMany(int count) {
    mongo
        .collection(database, ORDERS)
        .insertMany(IntStream.range(0, count).mapToObj(MongoServerCases::document).toList());
  }

  @Test
  @DisplayName(
      "seed bug 13: cluster times keep all of their increment, and dropDatabase is known by its name")
  void increments() throws Exception {
    given(Setup.ANY);
    BsonTimestamp huge = new BsonTimestamp(0x9000_0000, 0xFFFF_FFF0);
    EventStream<ChangeEvent> stream =
        live(
            stream(
                source()
                    .pipeline(List.of(Aggregates.addFields(new Field<>("clusterTime", huge))))));
    insert(1);
    Change change = Pull.change(Pull.next(stream));

    assertThat(change.clusterTime()).contains(huge);
    assertThat(huge.getInc()).isNegative();
    MongoPosition position = ResumePosition.ofTime(huge);
    assertThat(position(source().build().encode(position))).isEqualTo(position);
    // The position's own time is the token's, whatever the pipeline does to the event.
    assertThat(change.position().clusterTime().orElseThrow()).isNotEqualTo(huge);
    assertThat(OperationType.of("dropDatabase")).isEqualTo(OperationType.DROP_DATABASE);
  }

  @Test
  @DisplayName(
      "seed bug 14: a stream that died says so at every call, in its state, and as an error")
  void deathIsLoud() throws Exception {
    given(Setup.ANY);
    mongo.failCommand(application, 1, Failure.error(13), "aggregate");
    EventStream<ChangeEvent> stream = open(stream(source()));

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(stream::next).isInstanceOf(StreamFailedException.class);
    }
    assertThatThrownBy(() -> stream.consume(delivery -> {}))
        .isInstanceOf(StreamFailedException.class);
    assertThatThrownBy(() -> stream.iterator().hasNext()).isInstanceOf(StreamFailedException.class);
    assertThat(stream.state()).isEqualTo(StreamState.FAILED);
  }

  @Test
  @DisplayName(
      "seed bug 15: a handler that fails leaves its event unacked, and what can be retried is not read from words")
  void handlerFails() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1, 2, 3);
    List<Integer> handled = new ArrayList<>();

    assertThatThrownBy(() ->
            stream.consume(event -> {
              int id = Pull.id(event.event());
              if (id == 2) {
                throw new IllegalStateException("retryable");
              }
              handled.add(id);
            }))
        .isInstanceOfSatisfying(
            StreamFailedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.HANDLER));
    stream.close();

    assertThat(handled).containsExactly(1);
    assertThat(Pull.ids(Pull.next(live(stream(source())), 2))).containsExactly(2, 3);
    assertThat(verdict(20, "this is retryable")).isInstanceOf(Verdict.Fatal.class);
    assertThat(verdict(91, "this is non-retryable")).isInstanceOf(Verdict.Retry.class);
  }

  private Verdict verdict(int code, String message) {
    MongoException error =
        new MongoCommandException(
            BsonDocument.parse("{ok: 0}")
                .append("code", new BsonInt32(code))
                .append("errmsg", new BsonString(message)),
            new ServerAddress());
    return source().build().errors().classify(error).orElseThrow();
  }

  @Test
  @DisplayName("seed bug 16: a stream that lost its claim ends and saves nothing more")
  void claimLost() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1, 2);
    List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);
    store.loseClaim(STREAM);
    two.forEach(Delivery::ack);

    StreamFailedException death = Pull.death(stream);
    stream.close();

    assertThat(death.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(savedFrom(two.get(0))).isEmpty();
    EventStream<ChangeEvent> other = live(stream(source()));
    EventStream<ChangeEvent> standby = open(stream(source(), eager().waitForClaim(Duration.ZERO)));
    assertThat(Pull.death(standby).reason()).isEqualTo(Reason.CHECKPOINT);
    assertThat(Pull.ids(Pull.next(other, 2))).containsExactly(1, 2);
  }

  @Test
  @DisplayName(
      "seed bug 17: streams share the application's client, side by side, and none closes it")
  void sharedClient() throws Exception {
    given(Setup.ANY);
    try (MongoClient client = MongoClients.create(settings(mongo.uri()))) {
      EventStream<ChangeEvent> orders =
          live(
              stream(
                  source(MongoSource.builder(client).watch(Scope.collection(database, ORDERS)))));
      EventStream<ChangeEvent> customers =
          live(
              stream(
                  source(
                      MongoSource.builder(client).watch(Scope.collection(database, "customers"))),
                  Checkpoints.in(store, "customers").every(1, Duration.ofMillis(50))));
      insert(1);
      insertInto("customers", 2);
      // One that nobody acks, or pulls, does not hold up the other.
      assertThat(Pull.ids(Pull.next(customers, 1))).containsExactly(2);
      assertThat(Pull.ids(Pull.next(orders, 1))).containsExactly(1);
      orders.close();
      insertInto("customers", 3);
      assertThat(Pull.ids(Pull.next(customers, 1))).containsExactly(3);
      customers.close();
      assertThat(
              client.getDatabase(database).runCommand(new BsonDocument("ping", new BsonInt32(1))))
          .containsKey("ok");
    }
  }

  @Test
  @DisplayName(
      "seed bug 18: the checkpoint's key is the application's own, its fingerprint tells scopes and pipelines apart, and the lag can be measured")
  void keysAndLag() throws Exception {
    given(Setup.ANY);
    MongoPosition position = ResumePosition.ofTime(mongo.operationTime());
    List<String> fingerprints =
        List.of(
            source().build().encode(position).fingerprint(),
            source(Scope.database(database)).build().encode(position).fingerprint(),
            source(Scope.cluster()).build().encode(position).fingerprint(),
            source(Scope.collection(database, "others")).build().encode(position).fingerprint(),
            source()
                .pipeline(List.of(Aggregates.match(new BsonDocument())))
                .build()
                .encode(position)
                .fingerprint());
    assertThat(fingerprints).doesNotHaveDuplicates().doesNotContain("");

    MongoSource source = source().build();
    assertThat(source.clusterTime()).isEmpty();
    EventStream<ChangeEvent> stream =
        EventStream.from(source, Checkpoints.in(new InMemoryCheckpointStore(), "lag"))
            .backoff(SOON)
            .open();
    opened.add(stream);
    stream.awaitLive(Pull.PATIENCE);
    insert(1);
    Change change = Pull.change(Pull.next(stream));
    assertThat(source.clusterTime().orElseThrow())
        .isGreaterThanOrEqualTo(change.clusterTime().orElseThrow());
  }
}
