package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.simulators.mongo.Write;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamTest {

  @Test
  @DisplayName(
      "events are delivered, acked, saved, and a restart goes on behind the last acked one")
  void endToEnd() throws Exception {
    try (Rig rig = rig()) {
      rig.insert(0);
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1, 3);
        assertThat(take(stream, 2)).containsExactly("insert 1", "insert 2");
        Delivery<ChangeEvent> third = Rig.next(stream);
        assertThat(Rig.text(third.event())).isEqualTo("insert 3");
      }
      rig.insert(4);
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        assertThat(take(stream, 2)).containsExactly("insert 3", "insert 4");
      }
      assertThat(rig.servers.openCursors()).isZero();
      await().atMost(Rig.TIMEOUT).until(() -> rig.servers.openConnections() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  @DisplayName("a stream goes on in the middle of a transaction, be it restarted or reconnected")
  void midTransaction(int wireVersion) throws Exception {
    try (Rig rig = rig(wireVersion)) {
      MongoSourceBuilder small = rig.builder().batchSize(2);
      try (EventStream<ChangeEvent> stream = rig.live(small.build())) {
        rig.servers.transaction(
            IntStream.rangeClosed(1, 9)
                .<Write>mapToObj(
                    id -> new Write.Insert(Rig.ORDERS, new BsonDocument("_id", new BsonInt32(id))))
                .toList());
        assertThat(take(stream, 2)).containsExactly("insert 1", "insert 2");
        // The stream's own reconnect, and then the driver's.
        rig.servers.faults().fail("getMore", 1, FaultSpec.error(50));
        assertThat(take(stream, 2)).containsExactly("insert 3", "insert 4");
        rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));
        Delivery<ChangeEvent> fifth = Rig.next(stream);
        Delivery<ChangeEvent> sixth = Rig.next(stream);
        assertThat(Rig.text(fifth.event()) + ", " + Rig.text(sixth.event()))
            .isEqualTo("insert 5, insert 6");
        // The other way round would save nothing of them.
        sixth.ack();
      }
      try (EventStream<ChangeEvent> stream = rig.live(small.build())) {
        assertThat(take(stream, 3)).containsExactly("insert 5", "insert 6", "insert 7");
      }
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        assertThat(take(stream, 2)).containsExactly("insert 8", "insert 9");
        rig.insert(10);
        assertThat(take(stream, 1)).containsExactly("insert 10");
      }
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).isEmpty();
    }
  }

  @Test
  @DisplayName("the start is saved before anything is watched, so that nothing between is lost")
  void startIsSaved() throws Exception {
    try (Rig rig = rig()) {
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        assertThat(rig.saved()).startsWith("1 time ");
        rig.insert(1);
        assertThat(Rig.text(Rig.next(stream).event())).isEqualTo("insert 1");
      }
      rig.servers.update(Rig.ORDERS, new BsonInt32(1), new BsonDocument("x", new BsonInt32(1)));
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        assertThat(take(stream, 2)).containsExactly("insert 1", "update 1");
      }
    }
  }

  @Test
  @DisplayName("what other collections' writes move on is saved as progress")
  void progress() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      String before = rig.saved();
      rig.servers.insert("shop.other", new BsonDocument("_id", new BsonInt32(1)));
      rig.servers.noop();
      await()
          .atMost(Rig.TIMEOUT)
          .until(() -> {
            stream.next(java.time.Duration.ofMillis(50));
            return !rig.saved().equals(before);
          });
      assertThat(rig.saved()).startsWith("1 token 82");
    }
  }
}
