package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.EventStreamBuilder;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.source.mongo.MongoUnderTest.Failure;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Events that are too large for one document, and images of documents. */
abstract class LargeEventCases extends MongoServerCases {

  private static final int MEGABYTE = 1 << 20;

  private static BsonBinary bytes(int megabytes, int fill) {
    byte[] bytes = new byte[megabytes * MEGABYTE];
    Arrays.fill(bytes, (byte) fill);
    return new BsonBinary(bytes);
  }

  /**
   * Puts a document there whose update gives an event of 7 MB for what changed, 14 for the whole.
   */
  private void insertLarge(int id) {
    mongo
        .collection(database, ORDERS)
        .insertOne(document(id).append("a", bytes(7, 1)).append("b", bytes(0, 0)));
  }

  private void updateLarge(int id) {
    mongo
        .collection(database, ORDERS)
        .updateOne(Filters.eq("_id", id), Updates.set("b", bytes(7, 2)));
  }

  @Test
  @DisplayName(
      "case 25, seed bug 9: an event that the server cannot return (10334) is delivered as malformed at its own token, and the stream goes on behind it")
  void tooLarge() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream =
        live(stream(source().fullDocument(FullDocument.UPDATE_LOOKUP)));
    insertLarge(1);
    Delivery<ChangeEvent> first = Pull.next(stream);
    assertThat(Pull.id(first.event())).isEqualTo(1);
    // In one batch with it, as far as the server is concerned.
    insert(5);
    updateLarge(1);
    insert(6);

    Delivery<ChangeEvent> before = Pull.next(stream);
    assertThat(Pull.id(before.event())).isEqualTo(5);
    Delivery<ChangeEvent> poison = Pull.next(stream);
    assertThat(poison.event()).isInstanceOf(MalformedChange.class);
    MalformedChange malformed = (MalformedChange) poison.event();
    assertThat(malformed.cause()).hasMessageContaining("10334");
    assertThat(malformed.clusterTime().orElseThrow())
        .isGreaterThan(position(first).clusterTime().orElseThrow());
    assertThat(position(poison).token()).isEqualTo(malformed.resumeToken());
    insert(2);
    List<Delivery<ChangeEvent>> behind = Pull.next(stream, 2);
    assertThat(Pull.ids(behind)).containsExactly(6, 2);

    assertThat(stream.stats().malformed()).isEqualTo(1);
    assertThat(transitions.malformed).hasSize(1);
    assertThat(commands.all().size()).as("cursors asked for: no loop").isLessThan(8);
    behind.forEach(Delivery::ack);
    quietly(stream);
    assertThat(savedFrom(poison)).as("the malformed event is not acked").isEmpty();
    first.ack();
    before.ack();
    poison.ack();
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(behind.get(1)).isEmpty());
  }

  @Test
  @DisplayName(
      "case 25: if the server does not say which event it cannot return, the stream fails at once and says where and what to do")
  void tooLargeAndUnnamed() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    Delivery<ChangeEvent> first = Pull.next(stream);
    mongo.failAfter(application, 0, Failure.error(10334), "getMore");

    StreamFailedException death = Pull.death(stream);

    assertThat(death.reason()).isEqualTo(Reason.FATAL);
    assertThat(death.getCause().getMessage())
        .contains(ClusterTime.text(position(first).clusterTime().orElseThrow()))
        .contains("$project");
    // Once more with one event at a time, so that all before it are delivered; then no more.
    assertThat(commands.failed("getMore")).isBetween(1L, 2L);
    assertThat(commands.all().size()).as("cursors asked for: no loop").isLessThan(5);
    assertThat(savedFrom(first)).isEmpty();
  }

  private EventStreamBuilder<ChangeEvent> splitting() {
    return stream(splittingSource());
  }

  private MongoSourceBuilder splittingSource() {
    return source()
        .fullDocument(FullDocument.UPDATE_LOOKUP)
        .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
        .splitLargeEvents(true)
        // Each answer is one fragment, and none comes without.
        .batchSize(1)
        .maxAwaitTime(Duration.ofSeconds(10));
  }

  /** A collection whose next large update is an event of three fragments. */
  private void givenThreeFragments() throws Exception {
    given(Setup.since(MongoUnderTest.WIRE_6_0));
    mongo.requireSplit();
    mongo.createWithImages(database, ORDERS);
    mongo
        .collection(database, ORDERS)
        .insertOne(document(1).append("a", bytes(6, 1)).append("b", bytes(6, 2)));
  }

  /** 9 MB that changed, 15 MB after, 12 MB before: no two of them fit into one document. */
  private void updateInThree() {
    mongo
        .collection(database, ORDERS)
        .updateOne(Filters.eq("_id", 1), Updates.set("b", bytes(9, 3)));
  }

  private void assertWhole(Delivery<ChangeEvent> delivery) {
    Change change = Pull.change(delivery);
    assertThat(change.operationType()).isEqualTo(OperationType.UPDATE);
    assertThat(change.splitEvent()).isEmpty();
    assertThat(change.updateDescription()).isPresent();
    assertThat(change.fullDocument().raw().orElseThrow().getBinary("b")).isEqualTo(bytes(9, 3));
    assertThat(change.fullDocumentBeforeChange().raw().orElseThrow().getBinary("b"))
        .isEqualTo(bytes(6, 2));
    assertThat(change.size()).isGreaterThan(35 * MEGABYTE);
    assertThat(delivery.position()).isEqualTo(ResumePosition.ofToken(change.resumeToken()));
  }

  @Test
  @DisplayName(
      "case 26: an event of three fragments is delivered whole, and a restart goes on behind it")
  void threeFragments() throws Exception {
    givenThreeFragments();
    EventStream<ChangeEvent> stream = live(splitting());
    updateInThree();
    insert(2);

    List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);
    assertWhole(two.get(0));
    assertThat(Pull.id(two.get(1).event())).isEqualTo(2);
    two.get(0).ack();
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(two.get(0)).isEmpty());
    stream.close();

    assertThat(Pull.ids(Pull.next(live(splitting()), 1))).containsExactly(2);
  }

  @Test
  @DisplayName("case 26: a crash after the second of three fragments: the event comes again, whole")
  void crashBetweenFragments() throws Exception {
    givenThreeFragments();
    EventStream<ChangeEvent> stream = live(splitting());
    ResumePosition start = lastSaved();
    updateInThree();
    int before = commands.events();
    mongo.failAfter(application, 2, Failure.error(237), "getMore");
    Pull.quietlyUntil(stream, () -> commands.failed("getMore") > 0);
    assertThat(commands.events() - before).as("fragments that came").isEqualTo(2);
    // Nothing of it was saved when the process died.
    assertThat(lastSaved().isEvent()).isFalse();
    assertThat(key(lastSaved()))
        .isBetween(key(start), key(ResumePosition.ofTime(mongo.operationTime())));
    stream.close();
    mongo.heal();

    EventStream<ChangeEvent> next = live(splitting());
    assertWhole(Pull.next(next));
    insert(2);
    assertThat(Pull.ids(Pull.next(next, 1))).containsExactly(2);
  }

  @Test
  @DisplayName("case 26: a resume of the driver's own between two fragments loses none of them")
  void resumeBetweenFragments() throws Exception {
    givenThreeFragments();
    EventStream<ChangeEvent> stream = live(splitting());
    updateInThree();
    int before = commands.events();
    AtomicInteger came = new AtomicInteger();
    mongo.failAfter(application, 2, Failure.error(43), "getMore");
    BackgroundThread repair =
        beside(() -> {
          await().atMost(Pull.PATIENCE).until(() -> commands.failed("getMore") > 0);
          came.set(commands.events() - before);
          mongo.heal();
        });

    Delivery<ChangeEvent> delivery = Pull.next(stream);
    repair.join();

    assertThat(came).as("fragments that came before").hasValue(2);
    assertWhole(delivery);
    insert(2);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
  }

  @Test
  @DisplayName(
      "case 27: if the first fragment seen is the second, the event is fetched again from its time")
  void startsAtSecondFragment() throws Exception {
    givenThreeFragments();
    BsonDocument firstToken;
    try (MongoChangeStreamCursor<ChangeStreamDocument<BsonDocument>> cursor =
        mongo
            .collection(database, ORDERS)
            .watch(List.of(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}")))
            .fullDocument(FullDocument.UPDATE_LOOKUP)
            .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
            .cursor()) {
      cursor.tryNext();
      updateInThree();
      ChangeStreamDocument<BsonDocument> fragment = cursor.next();
      assertThat(fragment.getSplitEvent()).isNotNull();
      firstToken = fragment.getResumeToken();
    }
    store.put(STREAM, splittingSource().build().encode(ResumePosition.ofToken(firstToken)));

    EventStream<ChangeEvent> stream = live(splitting());
    assertWhole(Pull.next(stream));
    insert(2);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    assertThat(commands.lastOpen().atTime())
        .isEqualTo(ResumePosition.ofToken(firstToken).clusterTime());
  }

  @Test
  @DisplayName(
      "case 34: an event of 10 MB before and 10 MB after comes whole where the server splits it")
  void largeImages() throws Exception {
    given(Setup.since(MongoUnderTest.WIRE_6_0));
    mongo.requireSplit();
    mongo.createWithImages(database, ORDERS);
    mongo.collection(database, ORDERS).insertOne(document(1).append("a", bytes(10, 1)));
    EventStream<ChangeEvent> stream =
        live(
            stream(
                source()
                    .fullDocument(FullDocument.WHEN_AVAILABLE)
                    .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
                    .splitLargeEvents(true)));
    mongo
        .collection(database, ORDERS)
        .replaceOne(Filters.eq("_id", 1), document(1).append("a", bytes(10, 2)));

    Change change = Pull.change(Pull.next(stream));

    assertThat(change.operationType()).isEqualTo(OperationType.REPLACE);
    assertThat(change.fullDocument().raw().orElseThrow().getBinary("a")).isEqualTo(bytes(10, 2));
    assertThat(change.fullDocumentBeforeChange().raw().orElseThrow().getBinary("a"))
        .isEqualTo(bytes(10, 1));
  }

  @Test
  @DisplayName("case 34, seed bug 12: images that the collection records are delivered")
  void images() throws Exception {
    given(Setup.since(MongoUnderTest.WIRE_6_0));
    mongo.createWithImages(database, ORDERS);
    insert(1);
    EventStream<ChangeEvent> stream =
        live(
            stream(
                source()
                    .fullDocument(FullDocument.REQUIRED)
                    .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)));
    mongo.collection(database, ORDERS).updateOne(Filters.eq("_id", 1), Updates.set("n", 5));
    mongo.collection(database, ORDERS).deleteOne(Filters.eq("_id", 1));

    List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);

    Change update = Pull.change(two.get(0));
    assertThat(update.fullDocumentBeforeChange().bson()).contains(document(1));
    assertThat(update.documentAfter().bson().orElseThrow().getNumber("n").intValue()).isEqualTo(5);
    Change deletion = Pull.change(two.get(1));
    assertThat(deletion.fullDocumentBeforeChange().isPresent()).isTrue();
    assertThat(deletion.fullDocument().isAbsent()).isTrue();
  }

  /** A collection that records no images is what one with expired images looks like. */
  private EventStream<ChangeEvent> withoutImages(
      FullDocument after, FullDocumentBeforeChange before) throws Exception {
    given(Setup.since(MongoUnderTest.WIRE_6_0));
    insert(1);
    EventStream<ChangeEvent> stream =
        live(stream(source().fullDocument(after).fullDocumentBeforeChange(before)));
    mongo.collection(database, ORDERS).updateOne(Filters.eq("_id", 1), Updates.set("n", 5));
    return stream;
  }

  @Test
  @DisplayName("case 34: images that are not available are null")
  void imagesNotAvailable() throws Exception {
    EventStream<ChangeEvent> stream =
        withoutImages(FullDocument.WHEN_AVAILABLE, FullDocumentBeforeChange.WHEN_AVAILABLE);

    Change update = Pull.change(Pull.next(stream));

    assertThat(update.fullDocument().isNull()).isTrue();
    assertThat(update.fullDocumentBeforeChange().isNull()).isTrue();
  }

  @Test
  @DisplayName(
      "case 34: images that are required and not available (47) are a poison event: no loop")
  void imagesRequired() throws Exception {
    EventStream<ChangeEvent> stream =
        withoutImages(FullDocument.DEFAULT, FullDocumentBeforeChange.REQUIRED);

    // Delivered as malformed where the server's words name its token, and fatal where they do not.
    try {
      Delivery<ChangeEvent> poison = Pull.next(stream);
      assertThat(poison.event()).isInstanceOf(MalformedChange.class);
      insert(2);
      assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    } catch (StreamFailedException death) {
      assertThat(death.reason()).isEqualTo(Reason.FATAL);
      assertThat(death.getCause().getMessage()).contains("fullDocumentBeforeChange");
    }
    assertThat(commands.all().size()).as("cursors asked for: no loop").isLessThan(6);
  }
}
