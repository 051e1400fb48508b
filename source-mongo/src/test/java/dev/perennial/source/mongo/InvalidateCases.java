package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.source.mongo.MongoListener.HistoryLost;
import dev.perennial.source.mongo.MongoListener.Invalidated;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.conversions.Bson;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens when what a stream watches is dropped or renamed. */
abstract class InvalidateCases extends MongoServerCases {

  private static final List<Bson> ONLY_INSERTS =
      List.of(Aggregates.match(Filters.eq("operationType", "insert")));

  private void awaitSaved(Delivery<ChangeEvent> delivery) {
    await().atMost(Pull.PATIENCE).until(() -> !savedFrom(delivery).isEmpty());
  }

  @Test
  @DisplayName(
      "case 22, seed bug 8: an invalidate is delivered and saved, the stream goes on behind it, and a restart does not replay it")
  void invalidate() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    mongo.drop(database, ORDERS);

    List<Delivery<ChangeEvent>> three = Pull.next(stream, 3);
    assertThat(Pull.types(three))
        .containsExactly(OperationType.INSERT, OperationType.DROP, OperationType.INVALIDATE);
    Delivery<ChangeEvent> invalidate = three.get(2);
    assertThat(position(invalidate).isInvalidate()).isTrue();
    insert(2);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    assertThat(commands.opens()).hasSize(2);
    assertThat(commands.lastOpen().after()).isEqualTo(position(invalidate).token());
    assertThat(commands.all()).allSatisfy(open -> assertThat(open.resumeAfter()).isEmpty());
    assertThat(recorder.of(Invalidated.class)).hasSize(1);
    assertThat(recorder.of(Invalidated.class).get(0).isHidden()).isFalse();

    three.forEach(Delivery::ack);
    awaitSaved(invalidate);
    stream.close();
    EventStream<ChangeEvent> next = live(stream(source()));
    insert(3);
    assertThat(Pull.ids(Pull.next(next, 2))).as("behind the invalidate").containsExactly(2, 3);
  }

  @Test
  @DisplayName(
      "case 23: an invalidate that the pipeline hides is found, also on 4.4, which names no token with the end of the cursor, and the stream goes on behind it")
  void hidden() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source().pipeline(ONLY_INSERTS)));
    insert(1);
    Delivery<ChangeEvent> first = Pull.next(stream);
    assertThat(Pull.id(first.event())).isEqualTo(1);
    mongo.drop(database, ORDERS);

    Delivery<ChangeEvent> invalidate = Pull.next(stream);
    assertThat(Pull.change(invalidate).operationType()).isEqualTo(OperationType.INVALIDATE);
    assertThat(position(invalidate).isInvalidate()).isTrue();
    quietly(stream);
    insert(2);
    Delivery<ChangeEvent> second = Pull.next(stream);
    assertThat(Pull.id(second.event())).isEqualTo(2);

    assertThat(recorder.of(Invalidated.class)).hasSize(1);
    assertThat(recorder.of(Invalidated.class).get(0).isHidden()).isTrue();
    assertThat(commands.all().size()).as("cursors asked for: no spin").isLessThan(8);
    assertThat(commands.lastOpen().after()).isEqualTo(position(invalidate).token());

    // The same with the checkpoint of a stream that was down when it happened.
    first.ack();
    invalidate.ack();
    second.ack();
    awaitSaved(second);
    stream.close();
    mongo.drop(database, ORDERS);
    insert(3);
    EventStream<ChangeEvent> next = live(stream(source().pipeline(ONLY_INSERTS)));
    assertThat(Pull.types(Pull.next(next, 2)))
        .containsExactly(OperationType.INVALIDATE, OperationType.INSERT);
    assertThat(commands.all().size()).as("cursors asked for: no spin").isLessThan(16);
    assertThat(commands.ends()).as("whether the ends came with tokens").isNotEmpty();
    if (mongo.wireVersion() >= MongoUnderTest.WIRE_5_0) {
      assertThat(commands.ends()).containsOnly(true);
    }
  }

  @ParameterizedTest(
      name = "case 24: an invalidate with STOP ends the stream by intent (hidden: {0})")
  @ValueSource(booleans = {false, true})
  void stop(boolean hidden) throws Exception {
    given(Setup.ANY);
    MongoSourceBuilder source = source().onInvalidate(InvalidatePolicy.STOP);
    EventStream<ChangeEvent> stream = live(stream(hidden ? source.pipeline(ONLY_INSERTS) : source));
    insert(1);
    mongo.drop(database, ORDERS);
    List<Delivery<ChangeEvent>> seen = new ArrayList<>();

    assertThatThrownBy(
            () -> {
              while (true) {
                seen.add(Pull.next(stream));
              }
            })
        .isInstanceOf(StreamEndedException.class);

    assertThat(Pull.types(seen))
        .isEqualTo(
            hidden
                ? List.of(OperationType.INSERT, OperationType.INVALIDATE)
                : List.of(OperationType.INSERT, OperationType.DROP, OperationType.INVALIDATE));
    assertThat(stream.state()).isEqualTo(StreamState.ENDED);
    assertThatThrownBy(stream::next).isInstanceOf(StreamEndedException.class);
    seen.forEach(Delivery::ack);
    awaitSaved(seen.get(seen.size() - 1));
    assertThat(lastSaved().isInvalidate()).isTrue();
  }

  @Test
  @DisplayName("case 24: an invalidate with FAIL is delivered, and then the stream fails")
  void fail() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source().onInvalidate(InvalidatePolicy.FAIL)));
    insert(1);
    mongo.drop(database, ORDERS);

    assertThat(Pull.types(Pull.next(stream, 3))).endsWith(OperationType.INVALIDATE);
    StreamFailedException death = Pull.death(stream);

    assertThat(death.reason()).isEqualTo(Reason.FATAL);
    assertThat(death).has(causeOfReason("invalidated"));
  }

  /** Acks what is of this test and says of each what it was; what others write is passed over. */
  private List<String> story(EventStream<ChangeEvent> stream, String last) throws Exception {
    List<String> story = new ArrayList<>();
    do {
      Delivery<ChangeEvent> delivery = Pull.next(stream);
      Change change = Pull.change(delivery);
      Optional<Namespace> namespace = change.namespace();
      delivery.ack();
      if (namespace.isEmpty() || namespace.get().database().equals(database)) {
        story.add(
            change.rawOperationType()
                + namespace.flatMap(Namespace::collection).map(name -> " " + name).orElse("")
                + change.to().flatMap(Namespace::collection).map(name -> " to " + name).orElse("")
                + change.documentId().map(id -> " " + id.asInt32().getValue()).orElse(""));
      }
      assertThat(story).as("told without an end").hasSizeLessThan(30);
    } while (story.isEmpty() || !story.get(story.size() - 1).equals(last));
    return story;
  }

  /** Drops, makes anew, renames and drops everything, with inserts before and after. */
  private void upheaval() {
    insert(1);
    mongo.drop(database, ORDERS);
    insert(2);
    mongo.rename(database, ORDERS, "archive");
    insert(3);
    mongo.dropDatabase(database);
    insert(4);
  }

  @Test
  @DisplayName(
      "case 31, seed bugs 12 and 13: drop, rename and dropDatabase at collection scope: no gap")
  void upheavalOfCollection() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    upheaval();

    assertThat(story(stream, "insert orders 4"))
        .containsExactly(
            "insert orders 1",
            "drop orders",
            "invalidate",
            "insert orders 2",
            "rename orders to archive",
            "invalidate",
            "insert orders 3",
            "drop orders",
            "invalidate",
            "insert orders 4");
    assertThat(recorder.of(Invalidated.class)).hasSize(3);
    assertThat(recorder.of(HistoryLost.class)).isEmpty();
  }

  @Test
  @DisplayName(
      "case 31, seed bugs 12 and 13: drop, rename and dropDatabase at database scope: no gap")
  void upheavalOfDatabase() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source(Scope.database(database))));
    upheaval();

    List<String> story = story(stream, "insert orders 4");

    assertThat(story)
        .startsWith(
            "insert orders 1",
            "drop orders",
            "insert orders 2",
            "rename orders to archive",
            "insert orders 3")
        .endsWith("dropDatabase", "invalidate", "insert orders 4")
        .contains("drop orders", "drop archive")
        .hasSize(10);
    assertThat(recorder.of(Invalidated.class)).hasSize(1);
  }

  @Test
  @DisplayName(
      "case 31, seed bugs 12 and 13: drop, rename and dropDatabase at cluster scope: no gap and no invalidate")
  void upheavalOfCluster() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source(Scope.cluster())));
    upheaval();

    List<String> story = story(stream, "insert orders 4");

    assertThat(story)
        .startsWith(
            "insert orders 1",
            "drop orders",
            "insert orders 2",
            "rename orders to archive",
            "insert orders 3")
        .endsWith("dropDatabase", "insert orders 4")
        .contains("drop archive")
        .doesNotContain("invalidate")
        .hasSize(9);
    assertThat(recorder.of(Invalidated.class)).isEmpty();
    assertThat(commands.opens()).hasSize(1);
  }

  @Test
  @DisplayName("case 31: of several collections each is dropped and made anew without an end")
  void upheavalOfSeveral() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream =
        live(stream(source(Scope.collections(database + ".orders", database + ".customers"))));
    insert(1);
    insertInto("others", 7);
    insertInto("customers", 2);
    mongo.drop(database, ORDERS);
    insert(3);

    assertThat(story(stream, "insert orders 3"))
        .containsExactly("insert orders 1", "insert customers 2", "drop orders", "insert orders 3");
    assertThat(stream.close(Duration.ofSeconds(10)).unacked()).isZero();
  }
}
