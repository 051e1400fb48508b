package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.next;
import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;

import com.mongodb.MongoException;
import com.mongodb.MongoSocketException;
import com.mongodb.ServerAddress;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Recovery;
import dev.perennial.port.Verdict;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.Write;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.HistoryLostPolicy;
import dev.perennial.source.mongo.ListenerRecorder;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.Positions;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.StartPosition;
import dev.perennial.source.mongo.StreamGap;
import dev.perennial.source.mongo.internal.client.ServerTime;
import dev.perennial.source.mongo.internal.error.ErrorKind;
import dev.perennial.source.mongo.internal.error.ErrorKindTest;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import dev.perennial.source.mongo.internal.watch.HistoryLostKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PositionRecoveryTest {

  /** A stream that got one event, and a server that has forgotten all up to the last of three. */
  private static BsonTimestamp fallBehind(Rig rig) throws Exception {
    try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
    }
    rig.insert(2);
    BsonTimestamp last = rig.servers.noop();
    rig.servers.faults().truncateOplog(last);
    return last;
  }

  /** What the checkpoint can be that the server no longer has. */
  private enum Saved {
    EVENT {
      @Override
      void ack(Rig rig, EventStream<ChangeEvent> stream) throws Exception {
        rig.insert(1);
        take(stream, 1);
      }
    },
    MID_TRANSACTION {
      @Override
      void ack(Rig rig, EventStream<ChangeEvent> stream) throws Exception {
        rig.servers.transaction(
            Stream.of(1, 2, 3)
                .<Write>map(
                    id -> new Write.Insert(Rig.ORDERS, new BsonDocument("_id", new BsonInt32(id))))
                .toList());
        take(stream, 2);
      }
    },
    HIDDEN_INVALIDATE {
      @Override
      void ack(Rig rig, EventStream<ChangeEvent> stream) throws Exception {
        rig.insert(1);
        take(stream, 1);
        rig.servers.drop(Rig.ORDERS);
        take(stream, 1);
      }
    };

    abstract void ack(Rig rig, EventStream<ChangeEvent> stream) throws Exception;

    MongoSourceBuilder source(Rig rig) {
      return this == HIDDEN_INVALIDATE
          ? rig.builder().pipeline(List.of(Aggregates.match(Filters.eq("operationType", "insert"))))
          : rig.builder();
    }

    /** Saves it, has the oplog forget it, and writes something after that. */
    String lose(Rig rig) throws Exception {
      try (EventStream<ChangeEvent> stream = rig.live(source(rig).build())) {
        ack(rig, stream);
      }
      rig.servers.faults().truncateOplog(rig.servers.noop());
      rig.insert(11);
      return rig.saved();
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a lost token whose time is lost too is never replaced in the checkpoint by that")
  void refusedIsNotSaved(Saved kind) throws Exception {
    try (Rig rig = rig(9)) {
      String saved = kind.lose(rig);
      int saves = rig.store.saves().size();
      try (EventStream<ChangeEvent> stream = rig.stream(kind.source(rig).build())) {
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead.reason()).isEqualTo(Reason.POSITION_LOST);
      }
      assertThat(rig.saved()).isEqualTo(saved);
      assertThat(rig.store.saves()).hasSize(saves);
      MongoSource now = kind.source(rig).onHistoryLost(HistoryLostPolicy.restartNow()).build();
      try (EventStream<ChangeEvent> stream = rig.live(now)) {
        Delivery<ChangeEvent> gap = next(stream);
        assertThat(((StreamGap) gap.event()).from()).isPresent();
        assertThat(rig.saved()).as("before the gap is acked").isEqualTo(saved);
        gap.ack();
        rig.insert(12);
        assertThat(take(stream, 1)).containsExactly("insert 12");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a chosen start that is lost too is never saved, even if its gap is acked")
  void chosenIsNotSaved(Saved kind) throws Exception {
    try (Rig rig = rig(9)) {
      String saved = kind.lose(rig);
      MongoSource source =
          kind.source(rig)
              .onHistoryLost(
                  HistoryLostPolicy.restartAt(gap ->
                      StartPosition.at(
                          ClusterTime.instant(gap.from().orElseThrow()).minusSeconds(60))))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        StreamFailedException dead =
            catchThrowableOfType(
                StreamFailedException.class,
                () -> {
                  while (true) {
                    take(stream, 1);
                  }
                });
        assertThat(dead.reason()).isEqualTo(Reason.POSITION_LOST);
      }
      // Only the collections are named in addition, which were not there when it was saved.
      assertThat(rig.saved()).startsWith(saved);
    }
  }

  @Test
  @DisplayName("a refused token's time that another member refuses is not saved either")
  void refusedElsewhere() throws Exception {
    try (Rig rig = rig(9)) {
      String saved = Saved.EVENT.lose(rig);
      MongoSource source = rig.builder().build();
      ResumePosition lost =
          (ResumePosition) source.decode(rig.store.checkpoint(Rig.ID).orElseThrow());
      ResumePosition time = lost.degraded().orElseThrow().inPlaceOf(lost);
      assertThat(source.encode(time).position()).isEqualTo(saved);
      assertThat(source.encode(lost.degraded().orElseThrow().inPlaceOf(time)).position())
          .isEqualTo(saved);
      assertThat(source.encode(ResumePosition.ofTime(rig.servers.currentTime())).position())
          .isNotEqualTo(saved);
      source.close();
    }
  }

  private static ChangeEvent acked(EventStream<ChangeEvent> stream) throws Exception {
    Delivery<ChangeEvent> delivery = next(stream);
    delivery.ack();
    return delivery.event();
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("cases 17 and 36: lost history ends the stream, and the checkpoint stays")
  void fail(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion)) {
      fallBehind(rig);
      String saved = rig.saved();
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead.reason()).isEqualTo(Reason.POSITION_LOST);
      }
      assertThat(rig.saved()).isEqualTo(saved);
      assertThat(rig.recorder.of(MongoListener.HistoryLost.class))
          .singleElement()
          .satisfies(lost -> assertThat(lost.gap()).isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("case 18: the stream goes on from now behind a gap that has to be acked")
  void restartNow(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion)) {
      BsonTimestamp now = fallBehind(rig);
      String saved = rig.saved();
      MongoSource source = rig.builder().onHistoryLost(HistoryLostPolicy.restartNow()).build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        Delivery<ChangeEvent> delivery = next(stream);
        StreamGap gap = (StreamGap) delivery.event();
        assertThat(gap.from()).isPresent();
        assertThat(gap.from().orElseThrow()).isLessThan(now);
        assertThat(gap.to()).isEqualTo(ClusterTime.next(now));
        assertThat(gap.reason()).contains("286");
        assertThat(rig.saved()).isEqualTo(saved);
        delivery.ack();
        rig.insert(3);
        assertThat(take(stream, 1)).containsExactly("insert 3");
      }
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        rig.insert(4);
        assertThat(take(stream, 1)).containsExactly("insert 4");
      }
    }
  }

  @Test
  @DisplayName("case 19: a chosen time that is gone too ends the stream after three")
  void restartAt() throws Exception {
    try (Rig rig = rig()) {
      fallBehind(rig);
      MongoSource source =
          rig.builder()
              .onHistoryLost(
                  HistoryLostPolicy.restartAt(gap ->
                      StartPosition.at(
                          ClusterTime.instant(gap.from().orElseThrow()).minusSeconds(60))))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        StreamFailedException dead =
            catchThrowableOfType(
                StreamFailedException.class,
                () -> {
                  while (true) {
                    stream.next(Rig.TIMEOUT);
                  }
                });
        assertThat(dead.reason()).isEqualTo(Reason.POSITION_LOST);
      }
      assertThat(rig.recorder.of(MongoListener.HistoryLost.class)).hasSize(2);
    }
  }

  @Test
  @DisplayName("where to go on is chosen once, though the server does not say its time then")
  void restartAtIsChosenOnce() throws Exception {
    try (Rig rig = rig()) {
      BsonTimestamp time = rig.insert(1);
      List<StreamGap> asked = new ArrayList<>();
      MongoSource source =
          rig.builder()
              .onHistoryLost(
                  HistoryLostPolicy.restartAt(gap -> {
                    asked.add(gap);
                    return StartPosition.at(time);
                  }))
              .build();
      try (source) {
        // The first is for the gap.
        rig.servers.faults().failFrom("ping", 2, 1, FaultSpec.error(11602));
        Recovery<ChangeEvent, MongoPosition> recovery =
            source.recover(ResumePosition.ofTime(time), ErrorKindTest.error(286, "lost"));
        assertThat(recovery).isInstanceOf(Recovery.Restart.class);
        assertThat(asked).hasSize(1);
      }
    }
  }

  @Test
  @DisplayName("a snapshot's exact time is where the stream goes on, and a token is as good")
  void restartAtExactly() throws Exception {
    try (Rig rig = rig()) {
      BsonTimestamp last = fallBehind(rig);
      rig.insert(3);
      BsonTimestamp fourth = rig.insert(4);
      rig.insert(5);
      MongoSource source =
          rig.builder()
              .onHistoryLost(
                  HistoryLostPolicy.restartAt(gap -> {
                    assertThat(gap.to()).isGreaterThan(fourth);
                    return StartPosition.at(fourth);
                  }))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        StreamGap gap = (StreamGap) acked(stream);
        assertThat(gap.from().orElseThrow()).isLessThan(last);
        assertThat(gap.to()).isEqualTo(fourth);
        assertThat(take(stream, 2)).containsExactly("insert 4", "insert 5");
      }
    }
    try (Rig rig = rig();
        MongoSource other = rig.builder().build()) {
      BsonTimestamp last = fallBehind(rig);
      rig.insert(3);
      BsonDocument token = Positions.ofFirstEvent(other, last).token().orElseThrow();
      BsonTimestamp fourth = rig.insert(4);
      MongoSource source =
          rig.builder()
              .onHistoryLost(HistoryLostPolicy.restartAt(gap -> StartPosition.after(token)))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        StreamGap gap = (StreamGap) acked(stream);
        assertThat(gap.to()).isBetween(last, fourth).isNotEqualTo(fourth);
        assertThat(take(stream, 1)).containsExactly("insert 4");
      }
    }
  }

  @Test
  @DisplayName("restartAt may choose now, which is when it returns")
  void restartAtNow() throws Exception {
    try (Rig rig = rig()) {
      fallBehind(rig);
      MongoSource source =
          rig.builder()
              .onHistoryLost(
                  HistoryLostPolicy.restartAt(gap -> {
                    rig.insert(3);
                    return StartPosition.now();
                  }))
              .build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        assertThat(take(stream, 1)).containsExactly("gap");
        rig.insert(4);
        assertThat(take(stream, 1)).containsExactly("insert 4");
      }
    }
  }

  @Test
  @DisplayName("what restartAt throws ends the stream, even where a driver threw it; so does null")
  void restartAtFails() throws Exception {
    MongoSocketException network =
        new MongoSocketException("reset", new ServerAddress("copy.example", 27017));
    AtomicInteger asked = new AtomicInteger();
    for (Supplier<@Nullable StartPosition> answer :
        List.<Supplier<@Nullable StartPosition>>of(
            () -> {
              throw network;
            },
            () -> {
              throw new IllegalStateException("no copy", network);
            },
            () -> null)) {
      asked.set(0);
      try (Rig rig = rig()) {
        fallBehind(rig);
        MongoSource source =
            rig.builder()
                .onHistoryLost(
                    HistoryLostPolicy.restartAt(gap -> {
                      asked.incrementAndGet();
                      return answer.get();
                    }))
                .build();
        try (EventStream<ChangeEvent> stream = rig.stream(source)) {
          StreamFailedException dead =
              catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
          assertThat(dead.reason()).isEqualTo(Reason.FATAL);
          assertThat(dead).has(causeOfReason("restart-failed"));
        }
        assertThat(asked).hasValue(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("an interrupt within restartAt is the caller's: the stream lives on and asks again")
  void restartAtInterrupted(boolean restored) throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (Rig rig = rig()) {
      fallBehind(rig);
      MongoSource source =
          rig.builder()
              .onHistoryLost(
                  HistoryLostPolicy.restartAt(gap -> {
                    if (asked.getAndIncrement() > 0) {
                      return StartPosition.now();
                    }
                    if (restored) {
                      Thread.currentThread().interrupt();
                      throw new IllegalStateException("the copy was interrupted");
                    }
                    throw new IllegalStateException(
                        "no copy", new UncheckedIOException(interruptedIo()));
                  }))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        assertThatThrownBy(() -> stream.next(Rig.TIMEOUT)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(take(stream, 1)).containsExactly("gap");
      }
      assertThat(asked).hasValue(2);
    }
  }

  @Test
  @DisplayName("an interrupt of another thread, which restartAt tells of, ends the stream")
  void restartAtInterruptedElsewhere() throws Exception {
    try (Rig rig = rig()) {
      fallBehind(rig);
      ExecutionException elsewhere = new ExecutionException(new InterruptedException());
      MongoSource source =
          rig.builder()
              .onHistoryLost(
                  HistoryLostPolicy.restartAt(gap -> {
                    throw new IllegalStateException("no copy", elsewhere);
                  }))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        assertThatThrownBy(() -> stream.next(Rig.TIMEOUT))
            .isInstanceOf(StreamFailedException.class)
            .has(causeOfReason("restart-failed"));
      }
    }
  }

  private static IOException interruptedIo() {
    return new IOException("the copy stopped", new InterruptedException());
  }

  @ParameterizedTest
  @ValueSource(ints = {136, 286})
  @DisplayName("case 37: a live cursor that the oplog overtook has lost its history")
  void overtaken(int code) throws Exception {
    try (Rig rig = rig()) {
      MongoSource source = rig.builder().onHistoryLost(HistoryLostPolicy.restartNow()).build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        rig.servers.faults().fail("getMore", 1, FaultSpec.error(code));
        assertThat(take(stream, 1)).containsExactly("gap");
        rig.insert(2);
        assertThat(take(stream, 1)).containsExactly("insert 2");
      }
    }
  }

  @Test
  @DisplayName("case 20: a token that is not accepted is replaced by its time, and that is told")
  void rejected() throws Exception {
    try (Rig rig = rig()) {
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1, 2);
        assertThat(take(stream, 2)).containsExactly("insert 1", "insert 2");
      }
      rig.servers
          .faults()
          .fail(
              "aggregate",
              1,
              FaultSpec.errorSaying(280, "cannot resume stream; the resume token was not found"));
      rig.insert(3);
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        assertThat(take(stream, 2)).containsExactly("insert 2", "insert 3");
      }
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class))
          .singleElement()
          .satisfies(told -> {
            assertThat(told.rejected().token()).isPresent();
            assertThat(told.resumed().operationTime()).isEqualTo(told.rejected().clusterTime());
          });
      assertThat(rig.recorder.of(MongoListener.HistoryLost.class)).isEmpty();
    }
  }

  private static final FaultSpec NOT_FOUND =
      FaultSpec.errorSaying(280, "cannot resume stream; the resume token was not found");

  @Test
  @DisplayName("a token that is refused twice is fatal, and neither a gap nor a loop")
  void rejectedAgain() throws Exception {
    try (Rig rig = rig()) {
      MongoSource source = rig.builder().onHistoryLost(HistoryLostPolicy.restartNow()).build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        rig.servers.faults().fail("getMore", 1, NOT_FOUND);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        rig.servers.faults().fail("getMore", 1, NOT_FOUND);
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead.reason()).isEqualTo(Reason.FATAL);
        assertThat(dead.getCause())
            .has(reason("token-rejected-again"))
            .hasMessageContaining("MongoPosition[event")
            .hasMessageContaining("startAt");
        assertThat(MongoErrors.CLASSIFIER.classify(dead.getCause())).contains(Verdict.fatal());
      }
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).hasSize(1);
      assertThat(rig.recorder.of(MongoListener.HistoryLost.class)).isEmpty();
    }
  }

  @Test
  @DisplayName("a time that is refused like a token is tried again, and loses nothing")
  void timeRejected() throws Exception {
    try (Rig rig = rig()) {
      MongoSource source = rig.builder().onHistoryLost(HistoryLostPolicy.restartNow()).build();
      BsonTimestamp start = rig.insert(1);
      rig.servers.faults().fail("aggregate", 1, NOT_FOUND);
      try (MongoSource at =
              rig.builder()
                  .startAt(StartPosition.at(start))
                  .onHistoryLost(HistoryLostPolicy.restartNow())
                  .build();
          EventStream<ChangeEvent> stream = rig.stream(at)) {
        assertThat(take(stream, 1)).containsExactly("insert 1");
      }
      ResumePosition time = ResumePosition.ofTime(start);
      assertThat(
              source.recover(
                  time,
                  new MongoSourceException(
                      MongoSourceException.Reason.FRAGMENT_MISSING,
                      ErrorKind.TOKEN_REJECTED,
                      "a part is missing",
                      null)))
          .isEqualTo(Recovery.restart(time));
      source.close();
      assertThat(rig.recorder.of(MongoListener.HistoryLost.class)).isEmpty();
    }
  }

  @Test
  @DisplayName("case 21: another pipeline goes on from the checkpoint's time, and that is told")
  void settingsChanged() throws Exception {
    try (Rig rig = rig()) {
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1, 2);
        assertThat(take(stream, 2)).containsExactly("insert 1", "insert 2");
      }
      rig.insert(3);
      MongoSource source =
          rig.builder()
              .pipeline(List.of(Aggregates.match(Filters.eq("operationType", "insert"))))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        assertThat(take(stream, 2)).containsExactly("insert 2", "insert 3");
      }
      assertThat(rig.recorder.of(MongoListener.SettingsChanged.class)).hasSize(1);
    }
  }

  /** With a check that is scripted, and without a server. */
  private static PositionRecovery history(StartValidator check, ListenerRecorder told) {
    return new PositionRecovery(
        (HistoryLostKind) HistoryLostPolicy.fail(),
        mock(ServerTime.class),
        check,
        new MongoNotifier(told.listener, Rig.ORDERS));
  }

  @Test
  @DisplayName("a token that is refused again ends the stream, unless another time was tried since")
  void refusedAfterAnotherTime() throws Exception {
    ListenerRecorder told = new ListenerRecorder();
    PositionRecovery history = history(mock(StartValidator.class), told);
    MongoException refusal = ErrorKindTest.error(260, "no such token");
    ResumePosition event = ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN));
    ResumePosition later = ResumePosition.ofToken(Tokens.ofHex(Samples.DROP_TOKEN));

    for (ResumePosition lost : List.of(event, later, event)) {
      assertThat(history.recover(lost, refusal))
          .isEqualTo(Recovery.restart(lost.degraded().orElseThrow()));
    }
    assertThat(told.of(MongoListener.TokenRejected.class)).hasSize(3);
    assertThatThrownBy(() -> history.recover(event, refusal)).has(reason("token-rejected-again"));
  }

  @Test
  @DisplayName("a token stays if its time cannot be tried, and is replaced even by a refused one")
  void triesTheTime() throws Exception {
    ListenerRecorder told = new ListenerRecorder();
    StartValidator check = mock(StartValidator.class);
    MongoException notNow = ErrorKindTest.error(11600, "the server shuts down");
    MongoException refusal = ErrorKindTest.error(260, "no such token");
    doThrow(notNow).doThrow(refusal).when(check).tryOut(any());
    PositionRecovery history = history(check, told);
    ResumePosition event = ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN));

    assertThatThrownBy(() -> history.recover(event, refusal)).isSameAs(notNow);
    assertThat(told.of(MongoListener.TokenRejected.class)).isEmpty();
    assertThat(history.recover(event, refusal))
        .isEqualTo(Recovery.restart(event.degraded().orElseThrow()));
  }

  @Test
  @DisplayName("below 5.0 an event's token is probed, above it and other positions are not")
  void probe() throws Exception {
    try (Rig rig = rig(9);
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition event = Positions.ofFirstEvent(source, rig.servers.oldestTime());
      assertThat(aggregates(rig, source, event)).isEqualTo(2);
      assertThat(aggregates(rig, source, ((ResumePosition) event).degraded().orElseThrow()))
          .isEqualTo(1);
      assertThat(rig.servers.openCursors()).isZero();
    }
    try (Rig rig = rig(13);
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition event = Positions.ofFirstEvent(source, rig.servers.oldestTime());
      assertThat(aggregates(rig, source, event)).isEqualTo(1);
    }
  }

  private static long aggregates(Rig rig, MongoSource source, MongoPosition from) throws Exception {
    rig.servers.clearObservations();
    source.connect(Optional.of(from)).close(Rig.TIMEOUT);
    return rig.servers.count("aggregate");
  }

  /**
   * The application is busy for so long that the server gives the cursor up and its oplog rolls:
   * the driver reopens at the event that came last.
   */
  @ParameterizedTest
  @ValueSource(ints = {8, 9, 21})
  @DisplayName(
      "an oplog that rolls past a live cursor, which the driver then reopens, is lost history")
  void rolledUnderALiveCursor(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion);
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      Delivery<ChangeEvent> first = next(stream);
      first.ack();
      rig.insert(2);
      rig.servers.faults().truncateOplog(rig.servers.noop());
      assertThat(rig.servers.faults().killCursors()).isEqualTo(1);

      StreamFailedException dead =
          catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));

      assertThat(dead.reason()).isEqualTo(Reason.POSITION_LOST);
      assertThat(rig.saved())
          .as("the event's token, and no progress behind it")
          .contains(Tokens.text(((Change) first.event()).resumeToken()));
      assertThat(rig.recorder.of(MongoListener.HistoryLost.class)).hasSize(1);
    }
  }

  @Test
  @DisplayName("so it is told as a gap, from the event that came last")
  void rolledUnderALiveCursorAndRestarted() throws Exception {
    try (Rig rig = rig(9)) {
      MongoSource source = rig.builder().onHistoryLost(HistoryLostPolicy.restartNow()).build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        BsonTimestamp first = rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        rig.insert(2);
        rig.servers.faults().truncateOplog(rig.servers.noop());
        rig.servers.faults().killCursors();

        StreamGap gap = (StreamGap) next(stream).event();

        assertThat(gap.from()).contains(first);
        rig.insert(3);
        assertThat(take(stream, 1)).containsExactly("insert 3");
      }
    }
  }

  @Test
  @DisplayName("a checkpoint of another source is refused")
  void otherSource() throws Exception {
    try (Rig rig = rig()) {
      rig.store.put(Rig.ID, new Checkpoint("mongodb", "", "2 something"));
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead.reason()).isEqualTo(Reason.CHECKPOINT);
      }
    }
  }
}
