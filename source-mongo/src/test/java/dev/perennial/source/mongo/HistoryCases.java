package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoException;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.Checkpoint;
import dev.perennial.source.mongo.MongoListener.HistoryLost;
import dev.perennial.source.mongo.MongoListener.SettingsChanged;
import dev.perennial.source.mongo.MongoListener.TokenRejected;
import dev.perennial.source.mongo.MongoUnderTest.Failure;
import dev.perennial.source.mongo.MongoUnderTest.Setup;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stream does whose position the server does not know, or not any more. */
abstract class HistoryCases extends MongoServerCases {

  private static final int FOREVER = 1_000_000;

  /** What a checkpoint can be. */
  enum Kind {
    TIME,
    HIGH_WATER,
    EVENT,
    /** Another event shows at once that it is not found (280). Its time is lost, too (286). */
    EVENT_BEFORE_ANOTHER
  }

  /** Runs a stream that acks two events, and ends. */
  private List<Delivery<ChangeEvent>> ackTwo() throws Exception {
    try (EventStream<ChangeEvent> stream = live(stream(source()))) {
      insert(1, 2);
      List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);
      two.forEach(Delivery::ack);
      await().atMost(Pull.PATIENCE).until(() -> !savedFrom(two.get(1)).isEmpty());
      return two;
    }
  }

  /** Puts a checkpoint into the store as a stream with these settings would have saved it. */
  private Checkpoint restore(MongoPosition position) {
    Checkpoint checkpoint = source().build().encode(position);
    store.put(STREAM, checkpoint);
    return checkpoint;
  }

  private static MongoPosition highWater(BsonTimestamp time) {
    return ResumePosition.ofToken(Tokens.ofHex("82" + hex(time) + "2B0229296E04"));
  }

  private static boolean isBehind(MongoPosition position, BsonTimestamp time) {
    return position.clusterTime().orElseThrow().compareTo(time) >= 0;
  }

  private void awaitAllRead() {
    BsonTimestamp now = mongo.operationTime();
    await().atMost(Pull.PATIENCE).until(() -> isBehind(commands.progress().orElseThrow(), now));
  }

  private static int code(Throwable error) {
    assertThat(error).isInstanceOf(MongoException.class);
    return ((MongoException) error).getCode();
  }

  /** An event's position as it would be if it had happened at another time. */
  private static MongoPosition moved(MongoPosition event, BsonTimestamp time) {
    String hex = event.token().orElseThrow().getString("_data").getValue();
    return ResumePosition.ofToken(Tokens.ofHex("82" + hex(time) + hex.substring(18)));
  }

  @Test
  @DisplayName("case 17: 286 on an aggregate, FAIL: the stream stops and the checkpoint stays")
  void historyLostFails() throws Exception {
    given(Setup.ANY);
    ackTwo();
    Checkpoint before = store.checkpoint(STREAM).orElseThrow();
    int saves = store.saves().size();
    mongo.failCommand(application, FOREVER, Failure.error(286), "aggregate");

    EventStream<ChangeEvent> stream = open(stream(source()));
    StreamFailedException death = Pull.death(stream);
    stream.close();

    assertThat(death.reason()).isEqualTo(Reason.POSITION_LOST);
    assertThat(death.lastPosition()).contains(position(before));
    assertThat(store.checkpoint(STREAM)).contains(before);
    assertThat(store.saves()).hasSize(saves);
    assertThat(recorder.of(HistoryLost.class)).hasSize(1);
    assertThat(recorder.of(HistoryLost.class).get(0).gap()).isEmpty();
    mongo.heal();
    insert(3);
    assertThat(Pull.ids(Pull.next(live(stream(source())), 1))).containsExactly(3);
  }

  @Test
  @DisplayName(
      "case 18: 286 on the first getMore, RESTART_NOW: a gap that is acked like an event, then on from now, with one more aggregate")
  void restartNow() throws Exception {
    given(Setup.ANY);
    mongo.failCommand(application, 1, Failure.error(286), "getMore");
    EventStream<ChangeEvent> stream =
        live(stream(source().onHistoryLost(HistoryLostPolicy.restartNow())));
    MongoPosition start = lastSaved();

    Delivery<ChangeEvent> notice = Pull.next(stream);
    StreamGap gap = (StreamGap) notice.event();
    assertThat(gap.from()).isEqualTo(start.clusterTime());
    assertThat(gap.to()).isGreaterThanOrEqualTo(start.clusterTime().orElseThrow());
    quietly(stream);
    insert(1);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(1);

    assertThat(commands.opens()).hasSize(2);
    assertThat(commands.lastOpen().atTime()).contains(gap.to());
    assertThat(lastSaved()).as("before the gap is acked").isEqualTo(start);
    assertThat(recorder.of(HistoryLost.class)).hasSize(1);
    assertThat(recorder.of(HistoryLost.class).get(0).gap()).contains(gap);
    notice.ack();
    await().atMost(Pull.PATIENCE).until(() -> !lastSaved().equals(start));
    assertThat(key(lastSaved())).isGreaterThanOrEqualTo(key(ResumePosition.ofTime(gap.to())));
  }

  @Test
  @DisplayName(
      "case 19: RESTART_AT a time that is lost as well: given up after a few, with the gaps counted")
  void restartAtIsLostToo() throws Exception {
    given(Setup.ANY);
    ackTwo();
    int before = commands.opens().size();
    mongo.failCommand(application, FOREVER, Failure.error(286), "aggregate");
    AtomicInteger asked = new AtomicInteger();

    StreamFailedException death =
        Pull.death(
            open(
                stream(
                    source()
                        .onHistoryLost(
                            HistoryLostPolicy.restartAt(gap -> {
                              asked.incrementAndGet();
                              return StartPosition.at(Instant.now().minusSeconds(60));
                            })))));

    assertThat(death.reason()).isEqualTo(Reason.POSITION_LOST);
    assertThat(asked).hasValueBetween(1, 3);
    assertThat(recorder.of(HistoryLost.class))
        .hasSize(asked.get())
        .allSatisfy(lost -> assertThat(lost.gap()).isPresent());
    assertThat(commands.opens().size() - before).isBetween(2, 4);
  }

  @Test
  @DisplayName(
      "case 20: a token that the server does not find (280) is replaced by its time: copies perhaps, no loss")
  void tokenNotFound() throws Exception {
    given(Setup.ANY);
    MongoPosition foreign;
    try (EventStream<ChangeEvent> other =
        live(
            stream(
                source(Scope.collection(database, "others")), dev.perennial.Checkpoints.none()))) {
      insertInto("others", 1);
      foreign = position(Pull.next(other));
    }
    insert(1, 2);
    restore(foreign);

    EventStream<ChangeEvent> stream = live(stream(source()));
    List<Delivery<ChangeEvent>> two = Pull.next(stream, 2);

    assertThat(Pull.ids(two)).containsExactly(1, 2);
    assertThat(recorder.of(TokenRejected.class)).hasSize(1);
    assertThat(recorder.of(TokenRejected.class).get(0).rejected()).isEqualTo(foreign);
    assertThat(recorder.of(TokenRejected.class).get(0).resumed().operationTime())
        .isEqualTo(foreign.clusterTime());
    assertThat(commands.lastOpen().atTime()).isEqualTo(foreign.clusterTime());
    assertThat(recorder.of(HistoryLost.class)).isEmpty();
  }

  @ParameterizedTest(
      name = "case 20: a token that the server refuses ({0}) is replaced by its time")
  @ValueSource(ints = {260, 40647, 40585, 40615})
  void tokenRefused(int code) throws Exception {
    given(Setup.ANY);
    List<Delivery<ChangeEvent>> two = ackTwo();
    insert(3);
    mongo.failCommand(application, 1, Failure.error(code), "aggregate");

    List<Delivery<ChangeEvent>> deliveries =
        Pull.until(live(stream(source())), event -> Pull.id(event) == 3);

    assertThat(Pull.ids(deliveries)).containsExactly(2, 3);
    assertThat(recorder.of(TokenRejected.class)).hasSize(1);
    assertThat(commands.lastOpen().atTime()).isEqualTo(position(two.get(1)).clusterTime());
  }

  /** What is not a token, or not a whole one. */
  enum Damage {
    NO_DIGITS,
    NO_DATA,
    CUT
  }

  @ParameterizedTest(
      name =
          "case 20: a damaged token ({0}) is replaced by its time, and is lost history where it says none")
  @EnumSource
  void damagedToken(Damage damage) throws Exception {
    given(Setup.ANY);
    MongoPosition last = position(ackTwo().get(1));
    String digits = last.token().orElseThrow().getString("_data").getValue();
    restore(
        ResumePosition.ofToken(
            switch (damage) {
              case NO_DIGITS -> Tokens.ofHex("no digits");
              case NO_DATA -> new BsonDocument("data", new BsonString(digits));
              // Inside the collection's UUID.
              case CUT -> Tokens.ofHex(digits.substring(0, 50));
            }));
    insert(3);

    if (damage == Damage.CUT) {
      EventStream<ChangeEvent> stream = live(stream(source()));
      assertThat(Pull.ids(Pull.next(stream, 2))).containsExactly(2, 3);
      assertThat(recorder.of(TokenRejected.class)).hasSize(1);
      assertThat(commands.lastOpen().atTime()).isEqualTo(last.clusterTime());
      assertThat(recorder.of(HistoryLost.class)).isEmpty();
      return;
    }
    EventStream<ChangeEvent> failing = open(stream(source()));
    assertThat(Pull.death(failing).reason()).isEqualTo(Reason.POSITION_LOST);
    failing.close();
    EventStream<ChangeEvent> stream =
        live(stream(source().onHistoryLost(HistoryLostPolicy.restartNow())));
    StreamGap gap = (StreamGap) Pull.next(stream).event();
    assertThat(gap.from()).isEmpty();
    insert(4);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(4);
    assertThat(recorder.of(TokenRejected.class)).isEmpty();
    assertThat(recorder.of(HistoryLost.class)).hasSize(2);
  }

  @Test
  @DisplayName(
      "case 21, seed bug 18: a checkpoint of another pipeline or scope is used by its time, and the listener is told")
  void settingsChanged() throws Exception {
    given(Setup.ANY);
    List<Delivery<ChangeEvent>> two = ackTwo();
    MongoPosition saved = lastSaved();
    insert(3, -4, 5);

    List<Delivery<ChangeEvent>> deliveries;
    try (EventStream<ChangeEvent> stream =
        live(
            stream(
                source().pipeline(List.of(Aggregates.match(Filters.gt("documentKey._id", 0))))))) {
      deliveries = Pull.until(stream, event -> Pull.id(event) == 5);
      deliveries.forEach(Delivery::ack);
      await()
          .atMost(Pull.PATIENCE)
          .until(() -> !savedFrom(deliveries.get(deliveries.size() - 1)).isEmpty());
    }

    assertThat(Pull.ids(deliveries)).endsWith(3, 5).doesNotContain(1, -4).doesNotHaveDuplicates();
    assertThat(commands.lastOpen().atTime()).isEqualTo(saved.clusterTime());
    assertThat(key(saved)).isGreaterThanOrEqualTo(key(position(two.get(1))));
    assertThat(recorder.of(SettingsChanged.class)).hasSize(1);
    assertThat(recorder.of(SettingsChanged.class).get(0).checkpoint()).isEqualTo(saved);
    assertThat(recorder.of(SettingsChanged.class).get(0).fingerprint())
        .isNotEqualTo(recorder.of(SettingsChanged.class).get(0).savedFingerprint())
        .isEqualTo(store.checkpoint(STREAM).orElseThrow().fingerprint());

    try (EventStream<ChangeEvent> stream = live(stream(source(Scope.database(database))))) {
      insert(6);
      assertThat(Pull.ids(Pull.until(stream, event -> Pull.id(event) == 6))).endsWith(6);
    }
    assertThat(recorder.of(SettingsChanged.class)).hasSize(2);
  }

  @Test
  @DisplayName(
      "case 33: an oplog that was rolled while the stream was down is lost history; one that idles along with it is not")
  void oplogRolled() throws Exception {
    given(Setup.ANY);
    List<Delivery<ChangeEvent>> two = ackTwo();
    Checkpoint before = store.checkpoint(STREAM).orElseThrow();
    insert(3);
    mongo.rollOplog();

    EventStream<ChangeEvent> stopped = open(stream(source()));
    assertThat(Pull.death(stopped).reason()).isEqualTo(Reason.POSITION_LOST);
    stopped.close();
    assertThat(store.checkpoint(STREAM)).contains(before);

    EventStream<ChangeEvent> stream =
        live(stream(source().onHistoryLost(HistoryLostPolicy.restartNow())));
    Delivery<ChangeEvent> notice = Pull.next(stream);
    StreamGap gap = (StreamGap) notice.event();
    assertThat(gap.from()).isEqualTo(position(before).clusterTime());
    assertThat(gap.to()).isGreaterThan(position(two.get(1)).clusterTime().orElseThrow());
    notice.ack();

    MongoPosition afterGap = ResumePosition.ofTime(gap.to());
    Pull.quietlyUntil(
        stream,
        () -> {
          mongo.noop();
          return key(lastSaved()).compareTo(key(afterGap)) > 0;
        });
    BsonTimestamp now = mongo.operationTime();
    Pull.quietlyUntil(stream, () -> isBehind(lastSaved(), now));
    // It goes on while the oplog is rolled in another thread, as it would in production.
    BackgroundThread roller = beside(() -> mongo.rollOplog(this::awaitAllRead));
    while (roller.isRunning()) {
      assertThat(stream.next(AWAIT)).isEmpty();
    }
    roller.join();
    mongo.noop();
    BsonTimestamp end = mongo.operationTime();
    Pull.quietlyUntil(stream, () -> isBehind(lastSaved(), end));
    stream.close();
    insert(4);
    assertThat(Pull.ids(Pull.next(live(stream(source())), 1))).containsExactly(4);
    assertThat(recorder.of(HistoryLost.class)).hasSize(2);
  }

  @ParameterizedTest(
      name =
          "case 37: a checkpoint of kind {0} from before the oplog is lost history, also if nothing happened since")
  @EnumSource
  void beforeTheOplog(Kind kind) throws Exception {
    given(Setup.ANY);
    List<Delivery<ChangeEvent>> two = ackTwo();
    BsonTimestamp gone = mongo.beforeHistory();
    MongoPosition lost =
        switch (kind) {
          case TIME -> ResumePosition.ofTime(gone);
          case HIGH_WATER -> highWater(gone);
          case EVENT, EVENT_BEFORE_ANOTHER -> moved(position(two.get(1)), gone);
        };
    Checkpoint before = restore(lost);
    int saves = store.saves().size();
    if (kind == Kind.EVENT_BEFORE_ANOTHER) {
      insert(3);
    }

    EventStream<ChangeEvent> failing = open(stream(source()));
    StreamFailedException death = Pull.death(failing);
    failing.close();
    assertThat(death.reason()).isEqualTo(Reason.POSITION_LOST);
    assertThat(store.saves()).as("no progress hides the loss").hasSize(saves);
    assertThat(store.checkpoint(STREAM)).contains(before);

    EventStream<ChangeEvent> stream =
        live(stream(source().onHistoryLost(HistoryLostPolicy.restartNow())));
    StreamGap gap = (StreamGap) Pull.next(stream).event();
    assertThat(gap.from()).contains(gone);
    insert(4);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(4);
  }

  @Test
  @DisplayName(
      "case 36: an event's token from before the oplog, on a quiet collection: empty batches move no checkpoint, and the gap is told from the true last position")
  void quietAndLost() throws Exception {
    given(Setup.ANY);
    MongoPosition last = position(ackTwo().get(1));
    // All that the collection ever had is gone with it, so that nothing shows the loss.
    mongo.rollOplog();
    Checkpoint lost = restore(last);
    int saves = store.saves().size();

    EventStream<ChangeEvent> stream =
        open(stream(source().onHistoryLost(HistoryLostPolicy.restartNow())));
    Optional<Delivery<ChangeEvent>> notice = Optional.empty();
    for (int i = 0; notice.isEmpty(); i++) {
      notice = stream.next(AWAIT);
      assertThat(store.saves()).hasSize(saves);
      assertThat(store.checkpoint(STREAM)).contains(lost);
      assertThat(i).as("the loss was never noticed").isLessThan(200);
    }

    StreamGap gap = (StreamGap) notice.get().event();
    assertThat(gap.from()).isEqualTo(last.clusterTime());
    assertThat(recorder.of(HistoryLost.class)).hasSize(1);
    insert(4);
    assertThat(Pull.ids(Pull.until(stream, event -> Pull.id(event) == 4))).endsWith(4);
  }

  @Test
  @DisplayName(
      "case 36: a token that is not found, of a time before the oplog: its time is tried, where the server does not look at that first, and then the gap is told from the true last position")
  void notFoundAndLost() throws Exception {
    given(Setup.ANY);
    MongoPosition last = position(ackTwo().get(1));
    MongoPosition lost = moved(last, mongo.beforeHistory());
    insert(3);
    restore(lost);

    EventStream<ChangeEvent> stream =
        live(stream(source().onHistoryLost(HistoryLostPolicy.restartNow())));
    StreamGap gap = (StreamGap) Pull.next(stream).event();

    assertThat(gap.from()).isEqualTo(lost.clusterTime());
    // Releases of 4.4 differ: the later ones look at the time first, as all do from 5.0 on.
    assertThat(recorder.of(TokenRejected.class))
        .hasSizeLessThanOrEqualTo(mongo.wireVersion() < MongoUnderTest.WIRE_5_0 ? 1 : 0)
        .allSatisfy(told -> assertThat(told.rejected()).isEqualTo(lost))
        .allSatisfy(told -> assertThat(code(told.cause())).isEqualTo(280));
    // The other one where the oplog is cut while it is read.
    assertThat(recorder.of(HistoryLost.class))
        .singleElement()
        .satisfies(told -> assertThat(code(told.cause())).isIn(286, 136));
    insert(4);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(4);
  }

  /** What comes upon a live cursor. */
  enum Overtaking {
    TOLD,
    REAL
  }

  @ParameterizedTest(
      name =
          "case 37: 136 on a getMore of a live cursor, which the oplog has overtaken ({0}), is lost history")
  @EnumSource
  void overtaken(Overtaking overtaking) throws Exception {
    given(Setup.ANY);
    EventStream<ChangeEvent> stream =
        live(stream(source().onHistoryLost(HistoryLostPolicy.restartNow())));
    insert(1);
    Delivery<ChangeEvent> first = Pull.next(stream);

    if (overtaking == Overtaking.REAL) {
      // Nobody pulls meanwhile, so the cursor stays where it is.
      mongo.rollOplog();
    } else {
      mongo.failCommand(application, 1, Failure.error(136), "getMore");
    }
    Delivery<ChangeEvent> notice = Pull.next(stream);

    StreamGap gap = (StreamGap) notice.event();
    assertThat(gap.from().orElseThrow())
        .isGreaterThanOrEqualTo(position(first).clusterTime().orElseThrow());
    insert(2);
    assertThat(Pull.ids(Pull.next(stream, 1))).containsExactly(2);
    notice.ack();
    quietly(stream);
    assertThat(savedFrom(first)).as("the event before the gap is not acked").isEmpty();
    first.ack();
    Pull.quietlyUntil(
        stream, () -> key(lastSaved()).compareTo(key(ResumePosition.ofTime(gap.to()))) >= 0);
  }
}
