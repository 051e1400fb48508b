package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.Connection;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Positions;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StartPosition;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerTroubleTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  @DisplayName("case 9: a cursor that is gone is reopened by the stream, once, and nothing is lost")
  void resume(int members) throws Exception {
    try (Rig rig = new Rig(servers -> servers.members(members));
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("getMore", 1, FaultSpec.close());
      reconnects(stream, 1);
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));
      reconnects(stream, 2);
      rig.insert(3);
      assertThat(take(stream, 1)).containsExactly("insert 3");

      assertThat(stream.stats().reconnects()).isEqualTo(2);
      assertThat(rig.servers.count("aggregate")).isEqualTo(3);
    }
  }

  /** Pulls until the stream has reopened the cursor so many times. */
  private static void reconnects(EventStream<ChangeEvent> stream, int count) {
    await()
        .atMost(Rig.TIMEOUT)
        .until(() ->
            stream.next(Duration.ofMillis(10)).isEmpty() && stream.stats().reconnects() == count);
  }

  @Test
  @DisplayName("case 10: a connection that is cut is replaced without loss")
  void cut() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("getMore", 1, FaultSpec.close());
      rig.insert(2, 3);
      assertThat(take(stream, 2)).containsExactly("insert 2", "insert 3");
    }
  }

  @Test
  @DisplayName("case 14: a cursor that is lost again and again is reopened after longer waits")
  void storm() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().resumeStorm();
      rig.servers.clearObservations();
      assertThat(stream.next(Duration.ofSeconds(2))).isEmpty();
      // After 100, 200, 400 and 800 ms, each of them random within bounds.
      assertThat(rig.servers.count("aggregate")).isBetween(2L, 8L);
      rig.servers.faults().clear();
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  @Test
  @DisplayName("case 38: a cursor killed under a waiting getMore is opened anew")
  void killed() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(237));
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      assertThat(stream.stats().reconnects()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {11600, 91})
  @DisplayName(
      "a member that says it shuts down, and does not, is read from again before its next heartbeat")
  void shutsDownButDoesNot(int code) throws Exception {
    try (Rig rig = rig()) {
      MongoSource source =
          MongoSource.builder(rig.servers.connectionString() + "&heartbeatFrequencyMS=600000")
              .watch(Scope.parse(Rig.ORDERS))
              .maxAwaitTime(Duration.ofMillis(100))
              .build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        rig.servers.faults().fail("getMore", 1, FaultSpec.error(code));
        rig.insert(2);
        assertThat(take(stream, 1)).containsExactly("insert 2");
        rig.servers
            .faults()
            .fail("getMore", 1, FaultSpec.error(code, "ResumableChangeStreamError"));
        rig.insert(3);
        assertThat(take(stream, 1)).containsExactly("insert 3");
      }
    }
  }

  @Test
  @DisplayName("a client that its owner closes ends the stream at once, and is named")
  void closedClient() throws Exception {
    try (Rig rig = rig();
        MongoClient client = MongoClients.create(rig.servers.connectionString())) {
      MongoSource source =
          MongoSource.builder(client)
              .watch(Scope.parse(Rig.ORDERS))
              .maxAwaitTime(Duration.ofMillis(100))
              .build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        client.close();
        StreamFailedException dead = assertFatal(stream, "client-closed", "closed by its owner");
        assertThat(dead).hasMessageNotContainingAny("state should be", "Verdict");
      }
      MongoSource late = MongoSource.builder(client).watch(Scope.parse(Rig.ORDERS)).build();
      try (EventStream<ChangeEvent> stream = rig.stream(late)) {
        assertFatal(stream, "client-closed", "closed by its owner");
      }
    }
  }

  @Test
  @DisplayName("a cursor that is lost before its start was confirmed gives no progress")
  void unproved() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition event = firstEvent(source, rig);
      rig.servers.noop();
      Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(event));
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));

      assertThatThrownBy(
              () -> {
                while (true) {
                  assertThat(connection.receive(Rig.TIMEOUT)).isNull();
                }
              })
          .isInstanceOf(MongoException.class)
          .hasMessageContaining("43");
      connection.close(Duration.ZERO);
    }
  }

  private static MongoPosition firstEvent(MongoSource source, Rig rig) throws Exception {
    return Positions.ofFirstEvent(source, rig.servers.oldestTime());
  }

  @Test
  @DisplayName("a cursor that is lost behind an invalidate is reopened there")
  void resumeBehindInvalidate() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      rig.servers.drop(Rig.ORDERS);
      assertThat(take(stream, 3)).containsExactly("insert 1", "drop", "invalidate");
      await()
          .atMost(Rig.TIMEOUT)
          .until(() ->
              stream.next(Duration.ofMillis(10)).isEmpty() && stream.stats().reconnects() == 1);
      rig.servers.faults().fail("getMore", 1, FaultSpec.close());
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).isEmpty();
    }
  }

  @Test
  @DisplayName("without a replica set the stream ends with a line that says what to do")
  void standalone() throws Exception {
    try (Rig rig = new Rig(servers -> servers.standalone());
        EventStream<ChangeEvent> stream = rig.stream()) {
      assertFatal(stream, "no-replica-set", "--replSet");
    }
    try (Rig rig = new Rig(servers -> servers.standalone());
        EventStream<ChangeEvent> stream =
            rig.stream(
                rig.builder()
                    .startAt(StartPosition.at(new org.bson.BsonTimestamp(9, 1)))
                    .build())) {
      assertFatal(stream, "no-replica-set", "--replSet");
    }
  }

  @Test
  @DisplayName("case 16: a user without the right ends the stream at once")
  void forbidden() throws Exception {
    try (Rig rig = rig()) {
      rig.servers.faults().forbidStreams(true);
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        assertFatal(stream, "unauthorized", "changeStream");
      }
      assertThat(rig.servers.count("aggregate")).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("wrong credentials end the stream, and are in no text")
  void credentials() throws Exception {
    try (Rig rig = rig()) {
      rig.servers.faults().refuseCredentials(true);
      String uri =
          rig.servers.connectionString().replace("mongodb://", "mongodb://eve:geheim@")
              + "&authSource=admin";
      MongoSource source = MongoSource.builder(uri).watch(Scope.parse(Rig.ORDERS)).build();
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        StreamFailedException dead = assertFatal(stream, "unauthorized", "credentials");
        assertThat(org.assertj.core.util.Throwables.getStackTrace(dead)).doesNotContain("geheim");
      }
    }
  }

  @Test
  @DisplayName("a pipeline that the server rejects ends the stream with what it said")
  void badPipeline() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream =
            rig.stream(
                rig.builder().pipeline(List.of(BsonDocument.parse("{$nonsense: 1}"))).build())) {
      assertFatal(stream, "rejected", "40324");
    }
  }

  @Test
  @DisplayName("splitting needs a server that can")
  void splitOnOldServer() throws Exception {
    try (Rig rig = rig(9);
        EventStream<ChangeEvent> stream =
            rig.stream(rig.builder().splitLargeEvents(true).build())) {
      assertFatal(stream, "rejected", "6.0.9");
    }
  }

  private static StreamFailedException assertFatal(
      EventStream<ChangeEvent> stream, String cause, String words) {
    StreamFailedException dead =
        catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
    assertThat(dead).isNotNull();
    assertThat(dead.reason()).isEqualTo(Reason.FATAL);
    assertThat(dead).has(causeOfReason(cause));
    assertThat(dead.getCause()).hasMessageContaining(words);
    return dead;
  }

  @Test
  @DisplayName("a client that was given works, and is left open")
  void givenClient() throws Exception {
    try (Rig rig = rig();
        MongoClient client = MongoClients.create(rig.servers.connectionString())) {
      MongoSource source =
          MongoSource.builder(client)
              .watch(Scope.parse(Rig.ORDERS))
              .maxAwaitTime(Duration.ofMillis(100))
              .listener(rig.recorder.listener)
              .build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        assertThat(source.clusterTime()).isPresent();
        rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));
        reconnects(stream, 1);
        org.bson.BsonTimestamp written = rig.insert(2);
        assertThat(take(stream, 1)).containsExactly("insert 2");
        assertThat(source.clusterTime().orElseThrow()).isGreaterThanOrEqualTo(written);
      }
      assertThat(client.getDatabase("admin").runCommand(BsonDocument.parse("{ping: 1}")))
          .containsEntry("ok", 1.0);
    }
  }

  @Test
  @DisplayName("a cursor has one session, and gives it back when it is closed")
  void session() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition start = ResumePosition.ofTime(rig.servers.oldestTime());
      for (int i = 0; i < 3; i++) {
        Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(start));
        Rig.receive(connection);
        while (rig.servers.count("getMore") <= i) {
          connection.receive(Rig.TIMEOUT);
        }
        connection.close(Rig.TIMEOUT);
      }
      assertThat(rig.servers.commands().stream().map(command -> command.document().get("lsid")))
          .filteredOn(Objects::nonNull)
          .isNotEmpty()
          .containsOnly(lsid(rig, "aggregate"));
      assertThat(rig.servers.commands().stream().filter(c -> c.name().equals("getMore")))
          .allSatisfy(getMore ->
              assertThat(getMore.document().get("lsid")).isEqualTo(lsid(rig, "aggregate")));
      assertThat(rig.servers.commands().stream().filter(c -> c.name().equals("aggregate")))
          .allSatisfy(open -> assertThat(open.document()).doesNotContainKey("readConcern"));
    }
  }

  private static BsonValue lsid(Rig rig, String command) {
    return rig.servers.commands().stream()
        .filter(received -> received.name().equals(command))
        .findFirst()
        .orElseThrow()
        .document()
        .get("lsid");
  }

  @Test
  @DisplayName("the newest cluster time of any answer is known")
  void clusterTime() throws Exception {
    try (Rig rig = rig()) {
      MongoSource source = rig.builder().build();
      try (EventStream<ChangeEvent> stream = rig.live(source)) {
        org.bson.BsonTimestamp written = rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        assertThat(source.clusterTime().orElseThrow()).isGreaterThanOrEqualTo(written);
      }
    }
  }
}
