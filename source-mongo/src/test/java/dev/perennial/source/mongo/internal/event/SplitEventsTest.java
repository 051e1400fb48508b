package dev.perennial.source.mongo.internal.event;

import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.mongodb.MongoException;
import com.mongodb.client.model.changestream.FullDocument;
import dev.perennial.EventStream;
import dev.perennial.port.Connection;
import dev.perennial.port.Received;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.LargeEvents;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.MongoSourceException;
import dev.perennial.source.mongo.OperationType;
import dev.perennial.source.mongo.Positions;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.StartPosition;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SplitEventsTest {

  @Test
  @DisplayName("case 26: fragments become one event, and the checkpoint is that of the last")
  void split() throws Exception {
    try (Rig rig = LargeEvents.rig()) {
      MongoSourceBuilder builder = LargeEvents.withImages(rig).splitLargeEvents(true);
      try (EventStream<ChangeEvent> stream = rig.live(builder.build())) {
        LargeEvents.insert(rig, 1);
        LargeEvents.replace(rig, 1);
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
    try (Rig rig = LargeEvents.rig();
        EventStream<ChangeEvent> stream =
            rig.live(
                LargeEvents.withImages(rig)
                    .pipeline(List.of(BsonDocument.parse("{$addFields: {wallTime: 'x'}}")))
                    .splitLargeEvents(true)
                    .build())) {
      LargeEvents.insert(rig, 1);
      LargeEvents.replace(rig, 1);
      rig.insert(2);
      assertThat(take(stream, 3)).containsExactly("insert 1", "replace 1", "insert 2");
      assertThat(stream.stats().reconnects()).isZero();
    }
  }

  @Test
  @DisplayName("case 27: a stream that begins in the middle of an event begins at its time instead")
  void secondFragmentFirst() throws Exception {
    try (Rig rig = LargeEvents.rig()) {
      MongoSourceBuilder builder = LargeEvents.withImages(rig);
      LargeEvents.insert(rig, 1);
      LargeEvents.replace(rig, 1);
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
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).hasSize(1);
    }
  }

  @Test
  @DisplayName("more than the limit is not held of one event")
  void limit() throws Exception {
    try (Rig rig = LargeEvents.rig();
        MongoSource parts =
            LargeEvents.withImages(rig)
                .pipeline(List.of(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}")))
                .build()) {
      LargeEvents.insert(rig, 1);
      LargeEvents.replace(rig, 1);
      List<Change> fragments = Positions.fragments(parts, rig.servers.oldestTime());
      MongoPosition before = ResumePosition.ofTime(rig.servers.oldestTime());
      SplitEvents small = new SplitEvents(EventReader.plain(), fragments.get(0).size());

      assertThat(small.whole(fragments.get(0), before)).isNull();
      assertThat(small.isOpen()).isTrue();
      assertThat(
              catchThrowableOfType(
                  MongoSourceException.class, () -> small.whole(fragments.get(1), before)))
          .has(reason("event-too-large"))
          .hasMessageContaining("$project");
    }
  }

  @Test
  @DisplayName("the limit is of one event, not of all together, and what reaches it is still held")
  void limitOfEach() throws Exception {
    try (Rig rig = LargeEvents.rig();
        MongoSource parts =
            LargeEvents.withImages(rig)
                .pipeline(List.of(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}")))
                .build()) {
      LargeEvents.insert(rig, 1);
      LargeEvents.replace(rig, 1);
      List<Change> fragments = Positions.fragments(parts, rig.servers.oldestTime());
      int whole = fragments.stream().mapToInt(Change::size).sum();
      MongoPosition before = ResumePosition.ofTime(rig.servers.oldestTime());
      SplitEvents exact = new SplitEvents(EventReader.plain(), whole);

      for (int events = 0; events < 3; events++) {
        for (Change fragment : fragments.subList(0, fragments.size() - 1)) {
          assertThat(exact.whole(fragment, before)).isNull();
        }
        assertThat(exact.whole(fragments.get(fragments.size() - 1), before)).isNotNull();
        assertThat(exact.isOpen()).isFalse();
      }

      SplitEvents less = new SplitEvents(EventReader.plain(), whole - 1);
      assertThat(
              catchThrowableOfType(
                  MongoSourceException.class,
                  () -> {
                    for (Change fragment : fragments) {
                      less.whole(fragment, before);
                    }
                  }))
          .has(reason("event-too-large"));
    }
  }

  /**
   * A document whose change has about 1,000 bytes in what changed, {@code before} in the document
   * before it, and more in the one after, so that the last comes second, by itself.
   */
  private static void change(Rig rig, int before) {
    rig.servers.insert(
        Rig.ORDERS,
        new BsonDocument("_id", new BsonInt32(1)).append("a", LargeEvents.letters("x", before)));
    rig.servers.update(
        Rig.ORDERS, new BsonInt32(1), new BsonDocument("b", LargeEvents.letters("y", 1000)));
  }

  private static MongoSource lookingUp(Rig rig) {
    return LargeEvents.withImages(rig)
        .fullDocument(FullDocument.UPDATE_LOOKUP)
        .splitLargeEvents(true)
        .batchSize(1)
        .build();
  }

  /** Receives an event, and then the first part of the next one, which is held. */
  private static MongoPosition receiveAndAPart(Connection<ChangeEvent, MongoPosition> connection)
      throws Exception {
    Received<ChangeEvent, MongoPosition> first = Rig.receive(connection);
    assertThat(first).isInstanceOf(Received.Event.class);
    // One batch is one part.
    assertThat(connection.receive(Duration.ofMillis(100))).isNull();
    return ((Received.Event<ChangeEvent, MongoPosition>) first).position();
  }

  @Test
  @DisplayName(
      "parts of a cursor that was lost between them are not used, since there may be other parts now")
  void resumedBetweenParts() throws Exception {
    try (Rig rig = LargeEvents.rig();
        MongoSource source = lookingUp(rig)) {
      MongoPosition start = source.start().orElseThrow();
      change(rig, 2000);
      Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(start));
      MongoPosition before = receiveAndAPart(connection);
      // The document that is looked up is smaller now, and so comes first.
      rig.servers.update(
          Rig.ORDERS, new BsonInt32(1), new BsonDocument("a", LargeEvents.letters("z", 1800)), "b");
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));

      assertThatThrownBy(() -> Rig.receive(connection))
          .isInstanceOf(MongoException.class)
          .hasMessageContaining("43");
      connection.close(Duration.ZERO);

      Connection<ChangeEvent, MongoPosition> next = source.connect(Optional.of(before));
      Change whole =
          (Change) ((Received.Event<ChangeEvent, MongoPosition>) Rig.receive(next)).event();
      assertThat(whole.fullDocument().raw().orElseThrow().getString("a").getValue())
          .isEqualTo("z".repeat(1800));
      assertThat(whole.fullDocumentBeforeChange().raw().orElseThrow().getString("a").getValue())
          .isEqualTo("x".repeat(2000));
      next.close(Rig.TIMEOUT);
    }
  }

  @Test
  @DisplayName("a part that cannot be fetched any more costs a connection, and no event")
  void notResumedBetweenParts() throws Exception {
    try (Rig rig = LargeEvents.rig();
        MongoSource source = lookingUp(rig)) {
      MongoPosition start = source.start().orElseThrow();
      change(rig, 2000);
      Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(start));
      receiveAndAPart(connection);
      // Both fit into one document now.
      rig.servers.faults().expireImages(rig.servers.noop());
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));

      assertThatThrownBy(() -> Rig.receive(connection))
          .isInstanceOf(MongoException.class)
          .hasMessageContaining("43");
      connection.close(Duration.ZERO);
    }
  }

  @Test
  @DisplayName("a part of as many as the one before it was not of is refused")
  void otherSplit() throws Exception {
    SplitEvents split = new SplitEvents(EventReader.plain(), SplitEvents.DEFAULT_LIMIT);
    MongoPosition before = ResumePosition.ofTime(new org.bson.BsonTimestamp(1, 1));

    assertThat(split.whole(Samples.change("splitEvent: {fragment: 1, of: 2}"), before)).isNull();
    assertThatThrownBy(
            () -> split.whole(Samples.change("splitEvent: {fragment: 2, of: 3}"), before))
        .has(reason("fragment-missing"))
        .hasMessageContaining("part 2 of 3")
        .hasMessageContaining("where part 2 of 2");
  }

  @Test
  @DisplayName("an event that is not split any more is looked for by its time, not by its part")
  void noLongerSplit() throws Exception {
    try (Rig rig = LargeEvents.rig()) {
      MongoSourceBuilder builder = LargeEvents.withImages(rig).splitLargeEvents(true);
      try (EventStream<ChangeEvent> stream = rig.live(builder.build())) {
        LargeEvents.insert(rig, 1);
        LargeEvents.replace(rig, 1);
        assertThat(take(stream, 2)).containsExactly("insert 1", "replace 1");
      }
      rig.servers.faults().expireImages(rig.servers.noop());
      rig.insert(2);
      try (EventStream<ChangeEvent> stream = rig.stream(builder.build())) {
        assertThat(take(stream, 2)).containsExactly("replace 1", "insert 2");
      }
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).hasSize(1);
    }
  }

  @Test
  @DisplayName("a cursor that just ends behind an event that was split is opened anew")
  void endedBehindParts() throws Exception {
    try (Rig rig = LargeEvents.rig();
        EventStream<ChangeEvent> stream =
            rig.live(LargeEvents.withImages(rig).splitLargeEvents(true).build())) {
      LargeEvents.insert(rig, 1);
      LargeEvents.replace(rig, 1);
      assertThat(take(stream, 2)).containsExactly("insert 1", "replace 1");
      rig.servers.faults().endCursors();
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).isEmpty();
    }
  }
}
