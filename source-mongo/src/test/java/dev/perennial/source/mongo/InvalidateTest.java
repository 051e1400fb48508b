package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamException;
import java.util.List;
import org.bson.conversions.Bson;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InvalidateTest {

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
      assertThat(rig.told.of(MongoListener.Invalidated.class))
          .singleElement()
          .satisfies(told -> assertThat(told.hidden()).isFalse())
          .satisfies(told -> assertThat(told.position().isInvalidate()).isTrue());
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
      assertThat(rig.told.of(MongoListener.Invalidated.class))
          .hasSize(2)
          .allSatisfy(told -> assertThat(told.hidden()).isTrue());
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
      StreamException dead =
          catchThrowableOfType(StreamException.class, () -> stream.next(Rig.TIMEOUT));
      assertThat(dead).hasCauseInstanceOf(MongoSourceException.StreamInvalidated.class);
      assertThat(dead.getCause()).hasMessageContaining("REOPEN");
    }
  }

  @Test
  @DisplayName("a cursor that just ends is opened anew, after looking for what may have ended it")
  void justEnded() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream =
            rig.live(rig.builder().watch(Scope.parse("shop")).pipeline(List.of(INSERTS)).build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.dropDatabase("shop");
      rig.insert(2);
      assertThat(take(stream, 2)).containsExactly("invalidate", "insert 2");
    }
  }
}
