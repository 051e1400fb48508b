package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Field;
import dev.perennial.Checkpoints;
import dev.perennial.CloseReport.CheckpointOutcome;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.Checkpoint;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.testkit.InMemoryCheckpointStore;
import dev.perennial.testkit.InMemoryCheckpointStore.Call;
import dev.perennial.testkit.InMemoryCheckpointStore.Save;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is delivered, and what is saved when. */
abstract class DeliveryCases extends MongoServerCases {

  @Test
  @DisplayName("case 1: an insert is delivered once, acked and checkpointed")
  void insert() throws Exception {
    given(Setup.ANY);
    insert(0);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1, 2, 3);

    List<Delivery<ChangeEvent>> deliveries = Pull.next(stream, 3);
    deliveries.forEach(Delivery::ack);

    assertThat(Pull.ids(deliveries)).containsExactly(1, 2, 3);
    Change change = Pull.change(deliveries.get(0));
    assertThat(change.operationType()).isEqualTo(OperationType.INSERT);
    assertThat(change.namespace()).contains(new Namespace(database, Optional.of(ORDERS)));
    assertThat(change.documentAfter().bson()).contains(document(1));
    assertThat(change.clusterTime()).isPresent();
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(deliveries.get(2)).isEmpty());
    quietly(stream);
    stream.close();

    EventStream<ChangeEvent> next = live(stream(source()));
    insert(4);
    assertThat(Pull.ids(Pull.next(next, 1))).containsExactly(4);
  }

  @Test
  @DisplayName(
      "by a regular expression: collections of two databases, made before or after, and no others")
  void byRegularExpression() throws Exception {
    given(Setup.ANY);
    String second = mongo.database("second");
    insert(0);
    Pattern names =
        Pattern.compile(
            "(" + database + "|" + second + ")\\.(ORDERS|late.*)", Pattern.CASE_INSENSITIVE);
    EventStream<ChangeEvent> stream = live(stream(source(Scope.matching(names))));
    insert(1);
    insertInto("others", 9);
    insertInto("orders2", 9);
    mongo.collection(second, ORDERS).insertOne(document(2));
    mongo.collection(second, "latest").insertOne(document(3));
    mongo.rename(database, ORDERS, "archive");
    insertInto("archive", 9);
    insert(4);

    List<Delivery<ChangeEvent>> deliveries = Pull.next(stream, 5);
    assertThat(deliveries.stream().map(Pull::change).map(Change::rawOperationType))
        .containsExactly("insert", "insert", "insert", "rename", "insert");
    deliveries.remove(3);
    assertThat(Pull.ids(deliveries)).containsExactly(1, 2, 3, 4);
  }

  @Test
  @DisplayName(
      "case 2: the start position is saved before anything is watched; a crash before the first ack loses nothing")
  void startIsSaved() throws Exception {
    given(Setup.ANY);
    store.hang(Call.SAVE);
    EventStream<ChangeEvent> stream = open(stream(source()));
    Pull.quietlyUntil(stream, () -> store.calls(Call.SAVE) > 0);
    insert(1);
    assertThat(commands.opens()).as("watched before the start was saved").isEmpty();
    store.release(Call.SAVE);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);
    assertThat(savesAtOpen).first().isEqualTo(1);
    insert(2);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);

    Checkpoint atCrash = store.checkpoint(STREAM).orElseThrow();
    InMemoryCheckpointStore left = new InMemoryCheckpointStore().put(STREAM, atCrash);
    EventStream<ChangeEvent> next = live(stream(source(), Checkpoints.in(left, STREAM)));
    assertThat(Pull.ids(Pull.next(next, 2))).containsExactly(1, 2);
  }

  @Test
  @DisplayName(
      "case 3: if the start position cannot be saved, the stream fails and watches nothing")
  void startCannotBeSaved() throws Exception {
    given(Setup.ANY);
    store.fail(Call.SAVE, 10_000);

    StreamFailedException death =
        Pull.death(open(stream(source(), eager().tolerateOutage(Duration.ofMillis(300)))));

    assertThat(death.reason()).isEqualTo(Reason.CHECKPOINT);
    assertThat(commands.opens()).isEmpty();

    store.heal();
    store.fail(Call.CLAIM, 1);
    try (EventStream<ChangeEvent> stream = open(stream(source()))) {
      assertThat(Pull.death(stream).reason()).isEqualTo(Reason.CHECKPOINT);
    }
    assertThat(commands.opens()).isEmpty();
  }

  @Test
  @DisplayName(
      "case 4, seed bug 4: acks in the order 3, 1, 2 move the checkpoint from the start to 1 to 3")
  void acksOutOfOrder() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1, 2, 3);
    List<Delivery<ChangeEvent>> three = Pull.next(stream, 3);

    three.get(2).ack();
    quietly(stream);
    assertThat(savedFrom(three.get(0))).isEmpty();
    three.get(0).ack();
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(three.get(0)).isEmpty());
    quietly(stream);
    three.get(1).ack();
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(three.get(2)).isEmpty());

    List<ResumePosition> saved = savedFrom(three.get(0));
    assertThat(saved).startsWith(position(three.get(0)));
    assertThat(savedFrom(three.get(1))).isEqualTo(saved.subList(1, saved.size()));
    assertThat(savedFrom(three.get(2))).isEqualTo(saved.subList(1, saved.size()));
  }

  @Test
  @DisplayName("case 5, seed bug 4: a second ack and a late one count for nothing")
  void lateAcks() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1, 2, 3);
    List<Delivery<ChangeEvent>> three = Pull.next(stream, 3);

    assertThat(three.get(0).ack()).isTrue();
    assertThat(three.get(0).ack()).isFalse();
    assertThat(three.get(0).nack()).isFalse();
    three.get(1).ack();
    three.get(2).ack();
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(three.get(2)).isEmpty());
    assertThat(three.get(0).ack()).isFalse();
    insert(4);
    Delivery<ChangeEvent> fourth = Pull.next(stream);
    stream.close();
    assertThat(fourth.ack()).as("after the close").isFalse();

    assertNeverBack(saved());
    assertThat(savedFrom(fourth)).isEmpty();
    EventStream<ChangeEvent> next = live(stream(source()));
    assertThat(Pull.ids(Pull.next(next, 1))).containsExactly(4);
  }

  @Test
  @DisplayName(
      "case 6, seed bug 11: an idle stream saves how far the server got, at each interval, and goes on from there")
  void idleProgress() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    ResumePosition start = lastSaved();

    // Each is an entry in the oplog that is no event for us, as the server writes when it is idle.
    for (int i = 1; i <= 3; i++) {
      ResumePosition before = lastSaved();
      mongo.noop();
      Pull.quietlyUntil(stream, () -> key(lastSaved()).compareTo(key(before)) > 0);
    }
    stream.close();
    ResumePosition last = lastSaved();

    assertThat(last.isEvent()).isFalse();
    assertThat(last.token()).isPresent();
    assertThat(key(last)).isGreaterThan(key(start));
    assertNeverBack(saved());
    EventStream<ChangeEvent> next = live(stream(source()));
    assertThat(commands.lastOpen().after()).isEqualTo(last.token());
    insert(1);
    assertThat(Pull.ids(Pull.next(next, 1))).containsExactly(1);
  }

  @Test
  @DisplayName(
      "case 7, seed bug 2: progress behind an event that is not acked is not saved, and nothing counts as done before its ack")
  void unackedHoldsProgress() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    Delivery<ChangeEvent> held = Pull.next(stream);

    for (int i = 0; i < 3; i++) {
      ResumePosition before = commands.progress().orElseThrow();
      mongo.noop();
      Pull.quietlyUntil(
          stream, () -> key(commands.progress().orElseThrow()).compareTo(key(before)) > 0);
    }
    quietly(stream);
    assertThat(savedFrom(held)).isEmpty();
    ResumePosition behind = commands.progress().orElseThrow();
    held.ack();

    Pull.quietlyUntil(stream, () -> key(lastSaved()).compareTo(key(behind)) >= 0);
  }

  @Test
  @DisplayName(
      "case 8, seed bugs 1 and 3: after a restart what was not acked comes again, in order, from the saved token, which is read under the key that it was saved under")
  void restart() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(range(1, 5));
    List<Delivery<ChangeEvent>> five = Pull.next(stream, 5);
    five.get(0).ack();
    five.get(1).ack();
    five.get(3).ack();
    assertThat(stream.close(Duration.ofSeconds(10)).checkpoint())
        .isEqualTo(CheckpointOutcome.SAVED);

    assertThat(lastSaved()).isEqualTo(position(five.get(1)));
    assertThat(store.saves()).extracting(Save::streamId).containsOnly(STREAM);
    insert(6);
    EventStream<ChangeEvent> next = live(stream(source()));

    assertThat(Pull.ids(Pull.next(next, 4))).containsExactly(3, 4, 5, 6);
    assertThat(commands.opens()).hasSize(2);
    assertThat(commands.lastOpen().after()).isEqualTo(position(five.get(1)).token());
  }

  @Test
  @DisplayName("case 28: an unknown operation type and unknown fields are delivered")
  void unknownOperationType() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream =
        live(
            stream(
                source()
                    .pipeline(
                        List.of(
                            Aggregates.addFields(
                                new Field<>("operationType", "teleport"),
                                new Field<>("whereTo", new BsonDocument("moon", document(1))))))));
    insert(1);

    Delivery<ChangeEvent> delivery = Pull.next(stream);

    Change change = Pull.change(delivery);
    assertThat(change.operationType()).isEqualTo(OperationType.OTHER);
    assertThat(change.rawOperationType()).isEqualTo("teleport");
    assertThat(change.raw().getDocument("whereTo"))
        .isEqualTo(new BsonDocument("moon", document(1)));
    assertThat(Pull.id(change)).isEqualTo(1);
    delivery.ack();
    Pull.quietlyUntil(stream, () -> !savedFrom(delivery).isEmpty());
  }
}
