package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.EventStream;
import dev.perennial.StreamException;
import dev.perennial.port.Connection;
import dev.perennial.simulators.mongo.FaultSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoisonTest {

  private static final int LIMIT = 4000;

  private static Rig rig() {
    return new Rig(servers -> servers.maxEventSize(LIMIT));
  }

  private static void insertLarge(Rig rig, int id) {
    rig.servers.insert(
        Rig.ORDERS,
        new BsonDocument("_id", new BsonInt32(id))
            .append("a", new BsonString("x".repeat(LIMIT - 1000))));
  }

  /** An event with a large document before and after the change, in two fields. */
  private static void replaceLarge(Rig rig, int id) {
    rig.servers.replace(
        Rig.ORDERS,
        new BsonInt32(id),
        new BsonDocument("_id", new BsonInt32(id))
            .append("a", new BsonString("y".repeat(LIMIT - 1000)))
            // A replacement by the same would be no event.
            .append("at", rig.servers.currentTime()));
  }

  private static MongoSourceBuilder withImages(Rig rig) {
    rig.servers.createCollection(Rig.ORDERS, true);
    return rig.builder()
        .fullDocumentBeforeChange(
            com.mongodb.client.model.changestream.FullDocumentBeforeChange.WHEN_AVAILABLE);
  }

  @Test
  @DisplayName("case 25: an event that the server cannot return is malformed, and stepped over")
  void tooLarge() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(withImages(rig).build())) {
      insertLarge(rig, 1);
      replaceLarge(rig, 1);
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      MalformedChange malformed = (MalformedChange) Rig.next(stream).event();
      assertThat(malformed.resumeToken()).isPresent();
      assertThat(malformed.size()).isGreaterThan(LIMIT);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      assertThat(rig.told.of(MongoListener.SteppedOver.class))
          .singleElement()
          .satisfies(
              told -> assertThat(told.position().token()).isEqualTo(malformed.resumeToken()));
      // Behind the event, and before that perhaps to be asked one by one.
      assertThat(stream.stats().reconnects()).isBetween(1L, 2L);
    }
  }

  @Test
  @DisplayName("so it is when it is the first that a restart meets")
  void tooLargeAtOpening() throws Exception {
    try (Rig rig = rig()) {
      MongoSourceBuilder builder = withImages(rig);
      try (EventStream<ChangeEvent> stream = rig.live(builder.build())) {
        insertLarge(rig, 1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
      }
      replaceLarge(rig, 1);
      replaceLarge(rig, 1);
      rig.insert(2);
      replaceLarge(rig, 1);
      rig.insert(3);
      try (EventStream<ChangeEvent> stream = rig.stream(builder.build())) {
        assertThat(take(stream, 5))
            .containsExactly("malformed", "malformed", "insert 2", "malformed", "insert 3");
      }
    }
  }

  @Test
  @DisplayName("without a token in the error the stream ends, and says where and what to do")
  void withoutToken() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().failAlways("getMore", FaultSpec.errorSaying(10334, "it is too large"));
      StreamException dead =
          catchThrowableOfType(StreamException.class, () -> stream.next(Rig.TIMEOUT));
      assertThat(dead).hasCauseInstanceOf(MongoSourceException.Unreturnable.class);
      assertThat(dead.getCause())
          .hasMessageContaining("cluster time " + ClusterTime.text(rig.servers.currentTime()))
          .hasMessageContaining("splitLargeEvents")
          .hasMessageContaining("$project");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "an event without a token, which the driver refuses, ends the stream with the remedy")
  void withoutId(boolean inFirstBatch) throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      MongoPosition start = source.start().orElseThrow();
      if (inFirstBatch) {
        nameless(rig);
      }
      MongoSource later =
          rig.builder().startAt(StartPosition.at(start.clusterTime().orElseThrow())).build();
      try (EventStream<ChangeEvent> stream = rig.live(later)) {
        if (!inFirstBatch) {
          nameless(rig);
        }
        StreamException dead =
            catchThrowableOfType(StreamException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead).hasCauseInstanceOf(MongoSourceException.Unreturnable.class);
        assertThat(dead.getCause()).hasMessageContaining("let it be");
      }
    }
  }

  private static void nameless(Rig rig) {
    rig.servers.rawEvent(
        Rig.ORDERS,
        BsonDocument.parse("{operationType: 'insert'}"),
        bytes -> {
          bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("_id") + 1] = 'x';
          return bytes;
        });
  }

  @Test
  @DisplayName("an event that could be returned after all ends the caution")
  void afterAll() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      org.bson.BsonTimestamp time = rig.servers.currentTime();
      rig.servers
          .faults()
          .fail(
              "getMore",
              1,
              FaultSpec.errorSaying(
                  47,
                  "no image for event: clusterTime: Timestamp("
                      + time.getTime()
                      + ", "
                      + time.getInc()
                      + "), and more"));
      rig.insert(2, 5);
      assertThat(take(stream, 4)).containsExactly("insert 2", "insert 3", "insert 4", "insert 5");
      assertThat(stream.stats().reconnects()).isEqualTo(2);
    }
  }

  @Test
  @DisplayName("so do many events, where the error did not say which it was; the listener is told")
  void neverNamed() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(10334));
      rig.insert(2, Caution.MOST + 5);
      take(stream, Caution.MOST + 4);
      assertThat(stream.stats().reconnects()).isEqualTo(2);
      assertThat(rig.told.of(MongoListener.OneByOne.class))
          .extracting(MongoListener.OneByOne::on)
          .containsExactly(true, false);
    }
  }

  @Test
  @DisplayName("so does a stream that begins somewhere else")
  void restarted() {
    Told told = new Told();
    Caution caution = new Caution(told);
    caution.met(
        new UnreturnableEvent(Optional.empty(), Optional.empty(), 0), new Exception("too large"));
    assertThat(caution.isOn()).isTrue();
    caution.passed("it begins somewhere else");
    caution.passed("it begins somewhere else");
    assertThat(caution.isOn()).isFalse();
    assertThat(told.of(MongoListener.OneByOne.class)).hasSize(2);
  }

  @Test
  @DisplayName("a token that does not lead past the event ends the stream instead of a loop")
  void noWayPast() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition event = Positions.ofFirstEvent(source, rig.servers.oldestTime());
      String hex = Tokens.text(event.token().orElseThrow());
      rig.servers
          .faults()
          .failAlways(
              "getMore",
              FaultSpec.errorSaying(
                  10334,
                  "BSONObj size: 17000000 (0x1) is invalid. Size must be between 0 and 16793600(16MB)"
                      + " First element: _id: { _data: \""
                      + hex
                      + "\" }"));
      Connection<ChangeEvent, MongoPosition> batches = source.connect(Optional.of(event));
      assertThatThrownBy(() -> Rig.receive(batches))
          .isInstanceOf(MongoSourceException.CursorLost.class);
      batches.close(Duration.ZERO);
      Connection<ChangeEvent, MongoPosition> oneByOne = source.connect(Optional.of(event));
      assertThatThrownBy(() -> Rig.receive(oneByOne))
          .isInstanceOf(MongoSourceException.Unreturnable.class);
      oneByOne.close(Duration.ZERO);
    }
  }

  @Test
  @DisplayName("case 26: fragments become one event, and the checkpoint is that of the last")
  void split() throws Exception {
    try (Rig rig = rig()) {
      MongoSourceBuilder builder = withImages(rig).splitLargeEvents(true);
      try (EventStream<ChangeEvent> stream = rig.live(builder.build())) {
        insertLarge(rig, 1);
        replaceLarge(rig, 1);
        rig.insert(2);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        Change whole = (Change) Rig.next(stream).event();
        assertThat(whole.operationType()).isEqualTo(OperationType.REPLACE);
        assertThat(whole.fullDocument().isPresent()).isTrue();
        assertThat(whole.fullDocumentBeforeChange().isPresent()).isTrue();
        assertThat(whole.splitEvent()).isEmpty();
      }
      try (EventStream<ChangeEvent> stream = rig.stream(builder.build())) {
        assertThat(take(stream, 2)).containsExactly("replace 1", "insert 2");
      }
    }
  }

  @Test
  @DisplayName("fragments become one event whatever a pipeline made of their fields")
  void splitAndShaped() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream =
            rig.live(
                withImages(rig)
                    .pipeline(List.of(BsonDocument.parse("{$addFields: {wallTime: 'x'}}")))
                    .splitLargeEvents(true)
                    .build())) {
      insertLarge(rig, 1);
      replaceLarge(rig, 1);
      rig.insert(2);
      assertThat(take(stream, 3)).containsExactly("insert 1", "replace 1", "insert 2");
      assertThat(stream.stats().reconnects()).isZero();
    }
  }

  @Test
  @DisplayName("case 27: a stream that begins in the middle of an event begins at its time instead")
  void secondFragmentFirst() throws Exception {
    try (Rig rig = rig()) {
      MongoSourceBuilder builder = withImages(rig);
      insertLarge(rig, 1);
      replaceLarge(rig, 1);
      rig.insert(2);
      MongoPosition first;
      // The application's own pipeline splits, so that the parts come as they are.
      try (MongoSource parts =
          builder
              .pipeline(List.of(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}")))
              .build()) {
        first = Positions.ofFirstFragment(parts, rig.servers.oldestTime());
      }
      MongoSource source =
          builder
              .pipeline(List.of())
              .splitLargeEvents(true)
              .startAt(StartPosition.after(first.token().orElseThrow()))
              .build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        assertThat(take(stream, 2)).containsExactly("replace 1", "insert 2");
      }
      assertThat(rig.told.of(MongoListener.TokenRejected.class)).hasSize(1);
    }
  }

  @Test
  @DisplayName("more than the limit is not held of one event")
  void limit() throws Exception {
    try (Rig rig = rig();
        MongoSource parts =
            withImages(rig)
                .pipeline(List.of(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}")))
                .build()) {
      insertLarge(rig, 1);
      replaceLarge(rig, 1);
      List<Change> fragments = Positions.fragments(parts, rig.servers.oldestTime());
      MongoPosition before = MongoPosition.ofTime(rig.servers.oldestTime());
      SplitEvents small = new SplitEvents(EventReader.plain(), fragments.get(0).size());

      assertThat(small.whole(fragments.get(0), before)).isNull();
      assertThat(small.isOpen()).isTrue();
      assertThat(
              catchThrowableOfType(
                  MongoSourceException.EventTooLarge.class,
                  () -> small.whole(fragments.get(1), before)))
          .hasMessageContaining("$project");
    }
  }
}
