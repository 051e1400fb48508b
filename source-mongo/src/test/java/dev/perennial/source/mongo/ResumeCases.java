package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.source.mongo.MongoUnderTest.Failure;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails and is survived, and what is not. */
abstract class ResumeCases extends MongoServerCases {

  private static final int FOREVER = 1_000_000;

  /** CannotCreateIndex, which no getMore gives. */
  private static final int UNLISTED = 67;

  private static final String RESUMABLE = "ResumableChangeStreamError";

  /**
   * What a cursor can be resumed after on servers before 4.4, which send no labels. Without 13388,
   * which the fail point cannot make: the server only makes it with details.
   */
  private static final int[] LISTED = {
    6, 7, 43, 63, 89, 91, 133, 134, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13435, 13436
  };

  /** What can be watched. */
  enum Watched {
    COLLECTION,
    DATABASE,
    CLUSTER
  }

  Scope scope(Watched watched) {
    return switch (watched) {
      case COLLECTION -> Scope.collection(database, ORDERS);
      case DATABASE -> Scope.database(database);
      case CLUSTER -> Scope.cluster();
    };
  }

  /** Whether an event is of this test: others may write to a real cluster. */
  boolean isOurs(ChangeEvent event) {
    return event instanceof Change change
        && change.namespace().map(Namespace::database).filter(database::equals).isPresent();
  }

  /** The next events of this test; what else comes is acked. */
  List<Delivery<ChangeEvent>> ours(EventStream<ChangeEvent> stream, int count) throws Exception {
    List<Delivery<ChangeEvent>> ours = new ArrayList<>();
    while (ours.size() < count) {
      Delivery<ChangeEvent> delivery = Pull.next(stream);
      if (isOurs(delivery.event())) {
        ours.add(delivery);
      } else {
        delivery.ack();
      }
    }
    return ours;
  }

  /** What has one getMore fail, and inserts document 4. */
  private interface Trouble {
    void cause() throws Exception;
  }

  /** Has one getMore fail between events, and sees that the stream reopens the cursor once. */
  private void survived(MongoSourceBuilder source, Trouble trouble) throws Exception {
    EventStream<ChangeEvent> stream = live(stream(source));
    insert(1, 2, 3);
    List<Integer> ids = new ArrayList<>(Pull.ids(ours(stream, 3)));

    trouble.cause();
    ids.addAll(Pull.ids(ours(stream, 1)));
    if (transitions.losses().isEmpty()) {
      // The event came with a getMore that was already under way.
      stream.next(AWAIT.multipliedBy(2)).ifPresent(Delivery::ack);
    }
    insert(5, 6);
    ids.addAll(Pull.ids(ours(stream, 2)));

    assertThat(ids).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(commands.failed("getMore")).isEqualTo(1);
    assertThat(commands.opens()).hasSize(2);
    assertThat(stream.stats().reconnects()).isEqualTo(1);
    assertThat(transitions.losses()).hasSize(1);
  }

  private Trouble injected(Failure failure) {
    return () -> {
      mongo.failCommand(application, 1, failure, "getMore");
      insert(4);
    };
  }

  @ParameterizedTest(
      name =
          "case 9, seed bug 14: a cursor killed between two getMores at {0} scope: one resume, no loss, no copy")
  @EnumSource
  void cursorKilledMeanwhile(Watched watched) throws Exception {
    given(Setup.ANY);
    survived(
        source(scope(watched)),
        () -> {
          // Nobody pulls now, so it is idle.
          kill(commands.lastOpen());
          insert(4);
        });
  }

  private void kill(CommandRecorder.Open open) {
    assertThat(open.id()).isNotNull();
    mongo.killCursor(open.namespace(), open.id());
  }

  @ParameterizedTest(
      name = "case 9, seed bug 14: code 43 at {0} scope: one resume, no loss, no copy")
  @EnumSource
  void cursorNotFound(Watched watched) throws Exception {
    given(Setup.ANY);
    survived(source(scope(watched)), injected(Failure.error(43)));
  }

  @ParameterizedTest(
      name =
          "case 10, seed bug 14: a network cut in a getMore at {0} scope: one resume, no loss, no copy")
  @EnumSource
  void networkCut(Watched watched) throws Exception {
    given(Setup.ANY);
    // So long that one getMore is under way when the cut comes, whatever that takes.
    MongoSourceBuilder source =
        sourceBehindProxy(scope(watched)).maxAwaitTime(Duration.ofSeconds(10));
    survived(
        source,
        () -> {
          long sent = commands.sent("getMore");
          beside(() -> {
            await().atMost(Pull.PATIENCE).until(() -> commands.sent("getMore") > sent);
            // So that the event is there for the next cursor, and comes not by this one.
            proxy.freeze();
            insert(4);
            proxy.cut();
            proxy.thaw();
          });
        });
  }

  @ParameterizedTest(
      name =
          "case 10, seed bug 14: a connection that the server closes in a getMore at {0} scope: one resume, no loss, no copy")
  @EnumSource
  void connectionClosed(Watched watched) throws Exception {
    given(Setup.ANY);
    survived(source(scope(watched)), injected(Failure.closing()));
  }

  @Test
  @DisplayName("case 11, seed bug 7: the label alone makes a code resumable that is in no list")
  void labelled() throws Exception {
    given(Setup.ANY);
    survived(source(), injected(Failure.error(50, RESUMABLE)));
  }

  @Test
  @DisplayName(
      "case 12: a listed code without the label, again and again: the stream's tries are counted")
  void listedWithoutLabel() throws Exception {
    given(Setup.ANY);
    mongo.failCommand(application, FOREVER, Failure.error(6), "getMore");

    StreamFailedException death = Pull.death(open(stream(source()).maxAttempts(3)));

    assertThat(death.reason()).isEqualTo(Reason.ATTEMPTS_EXHAUSTED);
    assertThat(death.attempts()).isEqualTo(3);
    assertThat(death)
        .hasCauseInstanceOf(MongoCommandException.class)
        .cause()
        .extracting(cause -> ((MongoException) cause).getCode())
        .isEqualTo(6);
    assertThat(commands.failed("getMore")).isEqualTo(3);
    assertThat(commands.opens()).hasSize(3);
  }

  @Test
  @DisplayName("case 13, seed bug 7: before 4.4 every listed code is resumed from")
  void listedBeforeLabels() throws Exception {
    given(Setup.exactly(MongoUnderTest.WIRE_4_2));
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(0);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(0);

    for (int code : LISTED) {
      int losses = transitions.losses().size();
      mongo.failCommand(application, 1, Failure.error(code), "getMore");
      Pull.quietlyUntil(stream, () -> commands.failed("getMore") == losses + 1);
      insert(code);
      assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(code);
      assertThat(transitions.losses()).hasSize(losses + 1);
    }

    assertThat(transitions.losses()).hasSize(LISTED.length);
    assertThat(stream.stats().reconnects()).isEqualTo(LISTED.length);
  }

  @ParameterizedTest(
      name = "seed bug 7: code {0} on a getMore, without a label, is tried again and loses nothing")
  @ValueSource(ints = {6, 63, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 50, 237, 391})
  void retriedCodes(int code) throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);

    mongo.failCommand(application, 1, Failure.error(code), "getMore");
    Pull.quietlyUntil(stream, () -> commands.failed("getMore") == 1);
    insert(2);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    assertThat(transitions.losses()).hasSize(1);
  }

  @ParameterizedTest(
      name = "seed bug 7: a code in no list is tried again if the error has the label {0}")
  @ValueSource(strings = {"RetryableWriteError", "TransientTransactionError", "NetworkError"})
  void retriedLabels(String label) throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    mongo.failCommand(application, 1, Failure.error(UNLISTED, label), "getMore");
    insert(1);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);
    assertThat(commands.failed("getMore")).isEqualTo(1);
    assertThat(transitions.losses()).hasSize(1);
  }

  @Test
  @DisplayName("seed bug 7: a code in no list, without a label, is tried again and loses nothing")
  void unlisted() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);

    mongo.failCommand(application, 1, Failure.error(UNLISTED), "getMore");
    Pull.quietlyUntil(stream, () -> commands.failed("getMore") == 1);
    insert(2);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    assertThat(transitions.losses()).hasSize(1);
  }

  @Test
  @DisplayName(
      "case 14: a cursor that fails again and again is reopened after longer and longer waits; nothing is lost")
  void storm() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);

    mongo.failCommand(application, FOREVER, Failure.error(43), "getMore");
    Pull.quietlyUntil(stream, () -> transitions.losses().size() >= 4);
    List<Duration> waits = transitions.waits();
    assertThat(waits).isSorted();
    assertThat(waits.get(waits.size() - 1)).isGreaterThan(waits.get(0));
    assertThat(commands.opens().size()).isLessThanOrEqualTo(waits.size() + 1);
    // A new cursor's first batch comes with the aggregate.
    insert(2);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    int losses = transitions.losses().size();
    Pull.quietlyUntil(stream, () -> transitions.losses().size() >= losses + 2);
    mongo.heal();

    insert(3);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(3);
    int healed = transitions.losses().size();
    quietly(stream);
    assertThat(transitions.losses()).hasSize(healed);
  }

  @Test
  @DisplayName(
      "case 15, seed bug 5: if reopening fails as well, the stream tries again behind the last event delivered, acked or not")
  void resumeFails() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1, 2);
    List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);

    mongo.failCommand(application, 2, Failure.error(43), "getMore", "aggregate");
    Pull.quietlyUntil(stream, () -> commands.failed("aggregate") == 1);
    insert(3);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(3);
    assertThat(commands.failed("getMore")).isEqualTo(1);
    assertThat(stream.stats().reconnects()).isEqualTo(1);
    assertThat(transitions.losses()).hasSize(2);
    assertThat(key(ResumePosition.ofToken(commands.lastOpen().after().orElseThrow())))
        .isGreaterThanOrEqualTo(key(position(two.get(1))));
    assertThat(savedFrom(two.get(0))).as("nothing was acked").isEmpty();
  }

  @Test
  @DisplayName("case 16: 13 on the first aggregate ends the stream at once, in words that help")
  void unauthorized() throws Exception {
    given(Setup.ANY);
    mongo.failCommand(application, FOREVER, Failure.error(13), "aggregate");

    assertUnauthorized(Pull.death(open(stream(source()))));
  }

  @Test
  @DisplayName("case 16: a user who may not watch: the stream ends at once, in words that help")
  void stranger() throws Exception {
    given(Setup.ANY);
    MongoClientSettings.Builder settings = MongoClientSettings.builder(settings(mongo.uri()));
    mongo.asStranger(settings, database);
    MongoSourceBuilder source =
        MongoSource.builder(settings.build()).watch(scope(Watched.COLLECTION));

    assertUnauthorized(Pull.death(open(stream(source(source)))));
  }

  private void assertUnauthorized(StreamFailedException death) {
    assertThat(death.reason()).isEqualTo(Reason.FATAL);
    assertThat(commands.failed("aggregate")).isEqualTo(1);
    assertThat(commands.opens()).hasSize(1);
    assertThat(transitions.losses()).isEmpty();
    assertThat(death.getCause())
        .isInstanceOf(MongoSourceException.class)
        .hasRootCauseInstanceOf(MongoCommandException.class);
    assertThat(death.getCause().getMessage()).contains("changeStream").doesNotContain("\n");
    assertThat(death.toString() + death.getCause()).doesNotContain("mongodb://");
  }

  @Test
  @DisplayName(
      "seed bug 6: as many tries as it takes, each after a longer wait, and from the beginning once one has succeeded")
  void manyAttempts() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source()));
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);

    // The getMore, and then some tries to reopen. The code is one that tells the driver nothing
    // about the server, which it would have to look for.
    mongo.failCommand(application, 7, Failure.error(6), "getMore", "aggregate");
    Pull.quietlyUntil(stream, () -> commands.failed("getMore") == 1);
    insert(2);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);

    List<Duration> waits = transitions.waits();
    assertThat(waits.size()).isGreaterThanOrEqualTo(6);
    assertThat(waits).isSorted();
    assertThat(waits.get(waits.size() - 1)).isEqualTo(Duration.ofMillis(200));
    assertThat(SOON.delay(Integer.MAX_VALUE, 0)).isEqualTo(Duration.ofMillis(200));

    mongo.failCommand(application, 1, Failure.error(237), "getMore");
    Pull.quietlyUntil(stream, () -> transitions.losses().size() > waits.size());
    assertThat(transitions.waits().get(waits.size())).isEqualTo(waits.get(0));
  }

  @Test
  @DisplayName("case 38: a cursor killed while a getMore waits is opened anew, and nothing is lost")
  void cursorKilled() throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream = live(stream(source().maxAwaitTime(Duration.ofMillis(500))));
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);
    CommandRecorder.Open killed = commands.lastOpen();

    long waiting = commands.sent("getMore");
    BackgroundThread killer =
        beside(() -> {
          await().atMost(Pull.PATIENCE).until(() -> commands.sent("getMore") > waiting);
          kill(killed);
          insert(2);
        });
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    killer.join();
    Pull.quietlyUntil(stream, () -> commands.failed("getMore") > 0);
    insert(3);

    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(3);
    assertThat(commands.lastOpen().id()).isNotEqualTo(killed.id());
  }
}
