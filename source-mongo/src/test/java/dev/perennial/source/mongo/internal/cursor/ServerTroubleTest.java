package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.Connection;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.LogRecorder;
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

  @Test
  @DisplayName("case 9: a cursor that is gone is reopened by the driver, which is told")
  void resume() throws Exception {
    try (Rig rig = rig();
        LogRecorder logged = new LogRecorder();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      assertThat(logged.lines(Level.INFO)).isEmpty();
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));
      await()
          .atMost(Rig.TIMEOUT)
          .until(() ->
              stream.next(Duration.ofMillis(10)).isEmpty()
                  && !rig.recorder.of(MongoListener.Resume.class).isEmpty());
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");

      assertThat(rig.recorder.of(MongoListener.Resume.class))
          .singleElement()
          .satisfies(resume -> assertThat(resume.inARow()).isEqualTo(1));
      assertThat(logged.lines(Level.INFO))
          .singleElement()
          .asString()
          .startsWith("shop.orders at ")
          .contains("reopened the change stream by itself, at attempt 1", "nothing is lost");
      assertThat(stream.stats().reconnects()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  @DisplayName("a reopening is counted once, however often the driver looks for a server or sends")
  void oneResume(int members) throws Exception {
    try (Rig rig = new Rig(servers -> servers.members(members));
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("aggregate", 1, FaultSpec.error(189, "ResumableChangeStreamError"));
      rig.servers.faults().fail("getMore", 1, FaultSpec.close());
      resumes(rig, stream, 1);
      // The call that reopened the cursor has to end first: else both would be of one call.
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));
      resumes(rig, stream, 2);
      rig.insert(3);
      assertThat(take(stream, 1)).containsExactly("insert 3");

      assertThat(rig.recorder.of(MongoListener.Resume.class))
          .extracting(MongoListener.Resume::inARow)
          .containsExactly(1, 1);
      assertThat(stream.stats().reconnects()).isZero();
    }
  }

  /** Pulls until the driver has reopened the cursor so many times. */
  private static void resumes(Rig rig, EventStream<ChangeEvent> stream, int count) {
    await()
        .atMost(Rig.TIMEOUT)
        .until(() ->
            stream.next(Duration.ofMillis(10)).isEmpty()
                && rig.recorder.of(MongoListener.Resume.class).size() == count);
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
  @DisplayName("case 14: a driver that reopens again and again is stopped, and the stream waits")
  void storm() throws Exception {
    try (Rig rig = rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().resumeStorm();
      await()
          .atMost(Rig.TIMEOUT)
          .until(() ->
              stream.next(Duration.ofMillis(10)).isEmpty()
                  && rig.recorder.of(MongoListener.ResumeStorm.class).size() >= 2);
      assertThat(rig.recorder.of(MongoListener.ResumeStorm.class).get(0))
          .satisfies(storm -> assertThat(storm.resumes()).isEqualTo(ResumeWatch.STORM));
      assertThat(rig.recorder.of(MongoListener.Resume.class).stream().limit(ResumeWatch.STORM))
          .extracting(MongoListener.Resume::inARow)
          .containsExactly(1, 2, 3, 4, 5);
      rig.servers.faults().clear();
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThat(stream.stats().reconnects()).isPositive();
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
  @DisplayName("a driver that reopened before the start was confirmed is not trusted")
  void unprovedResume() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition event = firstEvent(source, rig);
      Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(event));
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));

      assertThatThrownBy(() -> Rig.receive(connection))
          .has(reason("cursor-lost"))
          .hasMessageContaining("reopened");
      connection.close(Duration.ZERO);
    }
  }

  private static MongoPosition firstEvent(MongoSource source, Rig rig) throws Exception {
    return Positions.ofFirstEvent(source, rig.servers.oldestTime());
  }

  @Test
  @DisplayName("a driver that cannot reopen behind an invalidate leaves that to the stream")
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
        resumes(rig, stream, 1);
        org.bson.BsonTimestamp written = rig.insert(2);
        assertThat(take(stream, 1)).containsExactly("insert 2");
        assertThat(source.clusterTime().orElseThrow()).isGreaterThanOrEqualTo(written);
        assertThat(rig.recorder.of(MongoListener.Resume.class))
            .extracting(MongoListener.Resume::inARow)
            .containsExactly(1);
      }
      assertThat(client.getDatabase("admin").runCommand(BsonDocument.parse("{ping: 1}")))
          .containsEntry("ok", 1.0);
    }
  }

  @Test
  @DisplayName("a cursor keeps its session over a resume, and gives it back when it is closed")
  void session() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition start = ResumePosition.ofTime(rig.servers.oldestTime());
      for (int i = 0; i < 3; i++) {
        Connection<ChangeEvent, MongoPosition> connection = source.connect(Optional.of(start));
        Rig.receive(connection);
        rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));
        while (rig.servers.count("aggregate") < 2L * (i + 1)) {
          connection.receive(Duration.ofMillis(100));
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
