package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.InvalidatePolicy;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.Pull;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.conversions.Bson;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InvalidationTest {

  private static final String NONE = "none";

  private static final Bson INSERTS = Aggregates.match(Filters.eq("operationType", "insert"));

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("case 22: the stream goes on behind the event that ended it")
  void reopen(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion)) {
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1);
        rig.servers.drop(Rig.ORDERS);
        rig.insert(2);
        assertThat(take(stream, 4)).containsExactly("insert 1", "drop", "invalidate", "insert 2");
      }
      assertThat(rig.recorder.of(MongoListener.Invalidated.class))
          .singleElement()
          .satisfies(told -> assertThat(told.isHidden()).isFalse())
          .satisfies(
              told -> assertThat(((ResumePosition) told.position()).isInvalidate()).isTrue());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("case 23: an event that the pipeline hides is found, and the stream goes on")
  void hidden(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion)) {
      MongoSource source = rig.builder().pipeline(List.of(INSERTS)).build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        rig.servers.drop(Rig.ORDERS);
        rig.insert(2);
        assertThat(take(stream, 3)).containsExactly("insert 1", "invalidate", "insert 2");
        rig.servers.drop(Rig.ORDERS);
        rig.insert(3);
        assertThat(take(stream, 2)).containsExactly("invalidate", "insert 3");
      }
      assertThat(rig.recorder.of(MongoListener.Invalidated.class))
          .hasSize(2)
          .allSatisfy(told -> assertThat(told.isHidden()).isTrue());
      assertThat(rig.servers.openCursors()).isZero();
    }
  }

  @Test
  @DisplayName("an event whose type the pipeline removed is known by its token")
  void projected() throws Exception {
    try (Rig rig = rig()) {
      MongoSource source =
          rig.builder()
              .pipeline(List.of(Aggregates.project(Projections.include("documentKey"))))
              .onInvalidate(InvalidatePolicy.STOP)
              .build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        rig.servers.drop(Rig.ORDERS);
        assertThat(take(stream, 3)).containsExactly(" 1", "", "");
        assertThatThrownBy(() -> stream.next(Rig.TIMEOUT)).isInstanceOf(StreamEndedException.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("case 24: STOP ends the stream by intent, and a restart goes on")
  void stop(boolean hidden) throws Exception {
    try (Rig rig = rig()) {
      MongoSourceBuilder builder = rig.builder().onInvalidate(InvalidatePolicy.STOP);
      if (hidden) {
        builder.pipeline(List.of(INSERTS));
      }
      try (EventStream<ChangeEvent> stream = rig.live(builder.build())) {
        rig.insert(1);
        rig.servers.drop(Rig.ORDERS);
        assertThat(take(stream, hidden ? 2 : 3)).contains("invalidate");
        assertThatThrownBy(() -> stream.next(Rig.TIMEOUT)).isInstanceOf(StreamEndedException.class);
      }
      rig.insert(2);
      try (EventStream<ChangeEvent> stream = rig.stream(builder.build())) {
        assertThat(take(stream, 1)).containsExactly("insert 2");
      }
    }
  }

  @Test
  @DisplayName("FAIL fails the stream behind the event, with what to do")
  void fail() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream =
            rig.live(rig.builder().onInvalidate(InvalidatePolicy.FAIL).build())) {
      rig.insert(1);
      rig.servers.drop(Rig.ORDERS);
      assertThat(take(stream, 3)).containsExactly("insert 1", "drop", "invalidate");
      StreamFailedException dead =
          catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
      assertThat(dead).has(causeOfReason("invalidated"));
      assertThat(dead.getCause()).hasMessageContaining("REOPEN");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("a stream on a database that is dropped: the hidden event is found there too")
  void hiddenOfDatabase(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion);
        EventStream<ChangeEvent> stream =
            rig.live(rig.builder().watch(Scope.parse("shop")).pipeline(List.of(INSERTS)).build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.dropDatabase("shop");
      rig.insert(2);
      assertThat(take(stream, 2)).containsExactly("invalidate", "insert 2");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("hidden events that follow each other are found one after the other")
  void hiddenTwice(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion);
        EventStream<ChangeEvent> stream =
            rig.live(rig.builder().pipeline(List.of(INSERTS)).build())) {
      rig.insert(1);
      rig.servers.drop(Rig.ORDERS);
      rig.servers.createCollection(Rig.ORDERS, false);
      rig.servers.drop(Rig.ORDERS);
      rig.insert(2);
      assertThat(take(stream, 4))
          .containsExactly("insert 1", "invalidate", "invalidate", "insert 2");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("a cursor that just ends is opened anew where it was, whatever comes later")
  void justEnded(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion);
        EventStream<ChangeEvent> stream =
            rig.live(rig.builder().pipeline(List.of(INSERTS)).build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().endCursors();
      rig.insert(2);
      rig.servers.drop(Rig.ORDERS);
      rig.insert(3);
      assertThat(take(stream, 3)).containsExactly("insert 2", "invalidate", "insert 3");
      assertThat(rig.servers.openCursors()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("a search that begins at the time of a known event does not take that for the next")
  void knownIsNotFoundAgain() throws Exception {
    try (Rig rig = rig(9)) {
      MongoSourceBuilder nothing =
          rig.builder().pipeline(List.of(Aggregates.match(Filters.eq("operationType", "replace"))));
      rig.insert(1);
      try (EventStream<ChangeEvent> stream = rig.live(nothing.build())) {
        rig.servers.drop(Rig.ORDERS);
        assertThat(take(stream, 1)).containsExactly("invalidate");
      }
      rig.insert(2);
      rig.servers.drop(Rig.ORDERS);
      // Of the search: the stream's own and the probe of its time come before it.
      rig.servers
          .faults()
          .failFrom(
              "aggregate",
              3,
              1,
              FaultSpec.errorSaying(280, "cannot resume stream; the resume token was not found"));
      try (EventStream<ChangeEvent> stream = rig.live(nothing.build())) {
        assertThat(take(stream, 1)).containsExactly("invalidate");
        Pull.quietlyUntil(
            stream,
            () -> {
              rig.servers.noop();
              return rig.saved().contains("2B0229296E04");
            });
      }
      assertThat(rig.recorder.of(MongoListener.Invalidated.class))
          .extracting(MongoListener.Invalidated::position)
          .hasSize(2)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  @DisplayName("a search for a hidden event that fails again and again is repeated after a wait")
  void stormOfSearches() throws Exception {
    try (Rig rig = rig(9);
        EventStream<ChangeEvent> stream =
            rig.live(rig.builder().pipeline(List.of(INSERTS)).build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      // The getMore that ends the cursor is answered, those of the search are not.
      rig.servers.faults().failFrom("getMore", 2, 1_000, FaultSpec.error(43));
      rig.servers.faults().endCursors();
      await()
          .atMost(Rig.TIMEOUT)
          .until(() ->
              stream.next(Duration.ofMillis(10)).isEmpty() && stream.stats().reconnects() >= 2);
      rig.servers.faults().clear();
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "9,{$addFields: {wallTime: 'x'}}",
        "21,{$addFields: {wallTime: 'x'}}",
        "9,{$addFields: {operationType: 'update'}}",
        "21,{$addFields: {operationType: 'update'}}",
        "9,{$addFields: {operationType: 7}}"
      })
  @DisplayName("an event that ends the stream is known as that, whatever the pipeline made of it")
  void shaped(int wireVersion, String stage) throws Exception {
    try (Rig rig = rig(wireVersion)) {
      MongoSource source = rig.builder().pipeline(List.of(BsonDocument.parse(stage))).build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        rig.servers.drop(Rig.ORDERS);
        rig.insert(5, 6);
        rig.servers.drop(Rig.ORDERS);
        rig.insert(7);
        List<Object> ids = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          Delivery<ChangeEvent> delivery = Rig.next(stream);
          delivery.ack();
          ids.add(id(delivery.event()));
        }
        assertThat(ids).containsExactly(1, NONE, NONE, 5, 6, NONE, NONE, 7);
      }
      assertThat(rig.recorder.of(MongoListener.Invalidated.class))
          .hasSize(2)
          .allSatisfy(told -> assertThat(told.isHidden()).isFalse());
    }
  }

  private static Object id(ChangeEvent event) {
    BsonDocument raw =
        event instanceof Change change
            ? change.raw()
            : new RawBsonDocument(((MalformedChange) event).raw());
    BsonDocument key = raw.getDocument("documentKey", new BsonDocument());
    return key.isEmpty() ? NONE : key.getInt32("_id").getValue();
  }
}
