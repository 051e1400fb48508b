package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.next;
import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.HistoryLostPolicy;
import dev.perennial.source.mongo.LogRecorder;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StartPosition;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Instant;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartValidatorTest {

  private static EventStream<ChangeEvent> afresh(Rig rig, MongoSourceBuilder builder) {
    return EventStream.from(builder.build(), Checkpoints.in(rig.store, Rig.ID).startAfresh())
        .open();
  }

  /** Leaves a checkpoint behind the first of two events, and an oplog that begins after it. */
  private static void forget(Rig rig) throws Exception {
    try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
    }
    rig.insert(2);
    rig.servers.faults().truncateOplog(rig.servers.noop());
  }

  private static void assertRefused(Rig rig, StartPosition start, String... words)
      throws Exception {
    String saved = rig.saved();
    try (EventStream<ChangeEvent> stream = afresh(rig, rig.builder().startAt(start))) {
      StreamFailedException dead =
          catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
      assertThat(dead.reason()).isEqualTo(Reason.FATAL);
      assertThat(dead).hasMessageContaining("not saved");
      assertThat(dead.getCause()).has(reason("start-refused")).hasMessageContainingAll(words);
    }
    assertThat(rig.saved()).isEqualTo(saved);
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("a start that the server does not take leaves the checkpoint as it was")
  void refused(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion)) {
      MongoPosition old;
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(0);
        Delivery<ChangeEvent> delivery = next(stream);
        delivery.ack();
        old = (MongoPosition) delivery.position();
      }
      forget(rig);
      assertRefused(
          rig,
          StartPosition.after(BsonDocument.parse("{_data: '82ABCD'}")),
          "Cannot start at 82ABCD",
          "does not accept that token");
      assertRefused(
          rig, StartPosition.after(BsonDocument.parse("{a: 1}")), "does not accept that token");
      assertRefused(
          rig,
          StartPosition.at(Instant.parse("2001-01-01T00:00:00Z")),
          "Cannot start at 2001-01-01T00:00:00Z",
          "no longer has the changes since then",
          "286");
      assertRefused(
          rig, StartPosition.after(old.token().orElseThrow()), "no longer has the changes");
      assertThat(rig.recorder.of(MongoListener.HistoryLost.class))
          .hasSize(2)
          .allSatisfy(lost -> assertThat(lost.gap()).isEmpty());
    }
  }

  @Test
  @DisplayName("where lost history is gone over, an old start is taken, and the gap told")
  void restarts() throws Exception {
    try (Rig rig = rig()) {
      forget(rig);
      MongoSourceBuilder builder =
          rig.builder()
              .startAt(StartPosition.at(new BsonTimestamp(9, 1)))
              .onHistoryLost(HistoryLostPolicy.restartNow());
      try (EventStream<ChangeEvent> stream = afresh(rig, builder)) {
        assertThat(take(stream, 1)).containsExactly("gap");
      }
    }
  }

  @Test
  @DisplayName("a token that the stream's pipeline does not give is taken for its time")
  void ofAnotherPipeline() throws Exception {
    try (Rig rig = rig()) {
      MongoPosition other;
      MongoSource wide = rig.builder().watch(Scope.parse("shop.others")).build();
      try (EventStream<ChangeEvent> stream = rig.live(wide)) {
        rig.servers.insert("shop.others", BsonDocument.parse("{_id: 1}"));
        other = (MongoPosition) next(stream).position();
      }
      rig.insert(7);
      MongoSourceBuilder builder =
          rig.builder().startAt(StartPosition.after(other.token().orElseThrow()));
      try (EventStream<ChangeEvent> stream = afresh(rig, builder)) {
        assertThat(take(stream, 1)).containsExactly("insert 7");
      }
    }
  }

  @Test
  @DisplayName("the cursor with which a start was tried is closed")
  void closesItsCursor() throws Exception {
    try (Rig rig = rig();
        MongoSource source =
            rig.builder().startAt(StartPosition.at(rig.servers.currentTime())).build()) {
      assertThat(source.start()).isPresent();
      assertThat(rig.servers.openCursors()).isZero();
    }
  }

  @Test
  @DisplayName("a start that has not come yet is taken, and told with the server's time")
  void ahead() throws Exception {
    try (Rig rig = rig();
        LogRecorder logged = new LogRecorder()) {
      BsonTimestamp now = rig.servers.currentTime();
      BsonTimestamp later = new BsonTimestamp(now.getTime() + 3_600, 0);
      MongoPosition start;
      try (MongoSource source = rig.builder().startAt(StartPosition.at(later)).build()) {
        start = source.start().orElseThrow();
      }

      assertThat(start).isEqualTo(ResumePosition.ofTime(later));
      assertThat(rig.recorder.of(MongoListener.StartInFuture.class))
          .singleElement()
          .satisfies(told -> {
            assertThat(told.start()).isEqualTo(later);
            assertThat(told.serverTime()).isGreaterThanOrEqualTo(now).isLessThan(later);
          });
      assertThat(logged.lines(Level.WARN))
          .singleElement()
          .asString()
          .startsWith("shop.orders at ")
          .contains(ClusterTime.instant(later).toString(), "the server's time", "earlier start");
    }
  }

  @Test
  @DisplayName("a start that has come is not told, be it the very next tick")
  void notAhead() throws Exception {
    try (Rig rig = rig();
        LogRecorder logged = new LogRecorder()) {
      rig.insert(1);
      BsonTimestamp next = ClusterTime.next(rig.servers.currentTime());
      for (BsonTimestamp time : List.of(rig.servers.oldestTime(), next)) {
        try (MongoSource source = rig.builder().startAt(StartPosition.at(time)).build()) {
          assertThat(source.start()).isPresent();
        }
      }
      assertThat(rig.recorder.of(MongoListener.StartInFuture.class)).isEmpty();
      assertThat(logged.lines(Level.WARN)).isEmpty();
    }
  }

  @Test
  @DisplayName("so is the one that restartAt chooses")
  void restartAhead() throws Exception {
    try (Rig rig = rig();
        LogRecorder logged = new LogRecorder()) {
      forget(rig);
      BsonTimestamp later = new BsonTimestamp(rig.servers.currentTime().getTime() + 3_600, 0);
      try (EventStream<ChangeEvent> stream =
          rig.stream(
              rig.builder()
                  .onHistoryLost(HistoryLostPolicy.restartAt(gap -> StartPosition.at(later)))
                  .build())) {
        assertThat(take(stream, 1)).containsExactly("gap");
      }
      assertThat(rig.recorder.of(MongoListener.StartInFuture.class)).hasSize(1);
      assertThat(logged.lines(Level.WARN)).anyMatch(line -> line.contains("earlier start"));
    }
  }
}
