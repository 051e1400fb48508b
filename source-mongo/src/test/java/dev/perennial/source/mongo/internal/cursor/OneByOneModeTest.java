package dev.perennial.source.mongo.internal.cursor;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.port.Connection;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.LargeEvents;
import dev.perennial.source.mongo.ListenerRecorder;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoListener;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.MongoSourceBuilder;
import dev.perennial.source.mongo.Positions;
import dev.perennial.source.mongo.Rig;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StartPosition;
import dev.perennial.source.mongo.internal.error.ErrorKindTest;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OneByOneModeTest {

  @Test
  @DisplayName("case 25: an event that the server cannot return is malformed, and stepped over")
  void tooLarge() throws Exception {
    try (Rig rig = LargeEvents.rig();
        EventStream<ChangeEvent> stream = rig.live(LargeEvents.withImages(rig).build())) {
      LargeEvents.insert(rig, 1);
      LargeEvents.replace(rig, 1);
      rig.insert(2);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      MalformedChange malformed = (MalformedChange) Rig.next(stream).event();
      assertThat(malformed.resumeToken()).isPresent();
      assertThat(malformed.size()).isGreaterThan(LargeEvents.LIMIT);
      assertThat(take(stream, 1)).containsExactly("insert 2");
      assertThat(rig.recorder.of(MongoListener.SteppedOver.class))
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
    try (Rig rig = LargeEvents.rig()) {
      MongoSourceBuilder builder = LargeEvents.withImages(rig);
      try (EventStream<ChangeEvent> stream = rig.live(builder.build())) {
        LargeEvents.insert(rig, 1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
      }
      LargeEvents.replace(rig, 1);
      LargeEvents.replace(rig, 1);
      rig.insert(2);
      LargeEvents.replace(rig, 1);
      rig.insert(3);
      try (EventStream<ChangeEvent> stream = rig.stream(builder.build())) {
        assertThat(take(stream, 5))
            .containsExactly("malformed", "malformed", "insert 2", "malformed", "insert 3");
      }
    }
  }

  @Test
  @DisplayName("so it is behind other events, when the server has first answered with a new code")
  void tooLargeAtOpeningAfterAnUnknownError() throws Exception {
    for (boolean again : new boolean[] {false, true}) {
      try (Rig rig = LargeEvents.rig()) {
        MongoSourceBuilder builder = LargeEvents.withImages(rig);
        try (EventStream<ChangeEvent> stream = rig.live(builder.build())) {
          LargeEvents.insert(rig, 1);
          assertThat(take(stream, 1)).containsExactly("insert 1");
        }
        rig.insert(2);
        LargeEvents.replace(rig, 1);
        rig.insert(3);
        rig.servers.faults().fail("aggregate", 1, FaultSpec.error(9_999_999));
        if (again) {
          // The cursor that gives events one by one.
          rig.servers.faults().failFrom("aggregate", 3, 1, FaultSpec.error(9_999_999));
        }
        try (EventStream<ChangeEvent> stream = rig.stream(builder.build())) {
          assertThat(take(stream, 3)).containsExactly("insert 2", "malformed", "insert 3");
        }
      }
    }
  }

  @Test
  @DisplayName("without a token in the error the stream ends, and says where and what to do")
  void withoutToken() throws Exception {
    try (Rig rig = LargeEvents.rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().failAlways("getMore", FaultSpec.errorSaying(10334, "it is too large"));
      StreamFailedException dead =
          catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
      assertThat(dead).has(causeOfReason("unreturnable"));
      assertThat(dead.getCause())
          .hasMessageContaining("cluster time " + ClusterTime.text(rig.servers.currentTime()))
          .hasMessageContaining("splitLargeEvents")
          .hasMessageContaining("$project");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "an event without a token, after which nothing can resume, ends the stream with the remedy")
  void withoutId(boolean inFirstBatch) throws Exception {
    try (Rig rig = LargeEvents.rig();
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
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead).has(causeOfReason("unreturnable"));
        assertThat(dead.getCause()).hasMessageContaining("keep it unchanged");
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
  @DisplayName("other events of its time may be before it: only it, or a later one, ends that")
  void ofOneTime() {
    ListenerRecorder recorder = new ListenerRecorder();
    OneByOneMode mode =
        new OneByOneMode(() -> false, new MongoNotifier(recorder.listener, "shop.orders"));
    MongoException named = ErrorKindTest.error(47, "clusterTime: Timestamp(1594899637, 3)");
    assertThat(mode.isOverAt(ResumePosition.ofTime(new BsonTimestamp(1, 1)))).isTrue();

    assertThat(mode.met(named)).isTrue();
    assertThat(mode.met(named)).as("now it is the next one").isFalse();
    // Of that very time, as the changes of a transaction are.
    ResumePosition same = ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN));
    assertThat(same.clusterTime()).contains(new BsonTimestamp(1594899637, 3));
    assertThat(mode.isOverAt(same)).isFalse();
    assertThat(mode.isOverAt(ResumePosition.ofTime(new BsonTimestamp(1594899637, 2)))).isFalse();
    assertThat(mode.isOverAt(ResumePosition.ofTime(new BsonTimestamp(1594899637, 4)))).isTrue();
    mode.passed("it is over");

    mode.met(
        ErrorKindTest.error(
            10334, "First element: _id: { _data: \"" + Samples.EVENT_TOKEN + "\" }"));
    assertThat(mode.isOverAt(ResumePosition.ofTime(new BsonTimestamp(1594899637, 3)))).isFalse();
    assertThat(mode.isOverAt(same)).isTrue();
  }

  @Test
  @DisplayName("so does stepping over it")
  void steppedOver() throws Exception {
    ListenerRecorder told = new ListenerRecorder();
    OneByOneMode mode =
        new OneByOneMode(() -> false, new MongoNotifier(told.listener, "shop.orders"));
    MongoException error =
        ErrorKindTest.error(
            10334, "First element: _id: { _data: \"" + Samples.EVENT_TOKEN + "\" }");
    mode.met(error);

    MalformedChange event =
        mode.stepOver(error, ResumePosition.ofTime(new BsonTimestamp(1594899637, 2)));

    assertThat(event.resumeToken()).contains(Tokens.ofHex(Samples.EVENT_TOKEN));
    assertThat(mode.isOn()).isFalse();
    assertThat(told.of(MongoListener.OneByOne.class))
        .extracting(MongoListener.OneByOne::isOn)
        .containsExactly(true, false);
  }

  @Test
  @DisplayName("the count of events one by one begins anew with each that is met")
  void countsAnew() {
    OneByOneMode mode =
        new OneByOneMode(
            () -> false, new MongoNotifier(new ListenerRecorder().listener, "shop.orders"));
    ResumePosition early = ResumePosition.ofTime(new BsonTimestamp(1, 1));
    for (int round = 0; round < 2; round++) {
      mode.met(ErrorKindTest.error(10334, "too large"));
      for (int i = 1; i < OneByOneMode.MOST; i++) {
        assertThat(mode.isOverAt(early)).isFalse();
      }
      assertThat(mode.isOverAt(early)).isTrue();
      mode.passed("so many came");
    }
  }

  @Test
  @DisplayName("an event that could be returned after all ends that")
  void afterAll() throws Exception {
    try (Rig rig = LargeEvents.rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      BsonTimestamp time = rig.servers.currentTime();
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
      assertThat(stream.stats().reconnects()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("so do many events, where the error did not say which it was; the listener is told")
  void neverNamed() throws Exception {
    try (Rig rig = LargeEvents.rig();
        EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
      rig.insert(1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(10334));
      rig.insert(2, OneByOneMode.MOST + 5);
      take(stream, OneByOneMode.MOST + 4);
      assertThat(stream.stats().reconnects()).isEqualTo(1);
      assertThat(rig.recorder.of(MongoListener.OneByOne.class))
          .extracting(MongoListener.OneByOne::isOn)
          .containsExactly(true, false);
    }
  }

  @Test
  @DisplayName("so does a stream that begins somewhere else")
  void restarted() {
    ListenerRecorder recorder = new ListenerRecorder();
    OneByOneMode mode =
        new OneByOneMode(() -> false, new MongoNotifier(recorder.listener, "shop.orders"));
    assertThat(mode.met(new MongoException(10334, "too large"))).isTrue();
    assertThat(mode.isOn()).isTrue();
    mode.passed("it begins somewhere else");
    mode.passed("it begins somewhere else");
    assertThat(mode.isOn()).isFalse();
    assertThat(recorder.of(MongoListener.OneByOne.class)).hasSize(2);
  }

  @Test
  @DisplayName("a token that does not lead past the event ends the stream instead of a loop")
  void noWayPast() throws Exception {
    try (Rig rig = LargeEvents.rig();
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
      assertThatThrownBy(() -> Rig.receive(batches)).has(reason("cursor-lost"));
      batches.close(Duration.ZERO);
      Connection<ChangeEvent, MongoPosition> oneByOne = source.connect(Optional.of(event));
      assertThatThrownBy(() -> Rig.receive(oneByOne)).has(reason("unreturnable"));
      oneByOne.close(Duration.ZERO);
    }
  }

  @Test
  @DisplayName("so it is when the stream meets it while it reopens the cursor")
  void tooLargeAtReopening() throws Exception {
    try (Rig rig = LargeEvents.rig();
        EventStream<ChangeEvent> stream = rig.live(LargeEvents.withImages(rig).build())) {
      LargeEvents.insert(rig, 1);
      assertThat(take(stream, 1)).containsExactly("insert 1");
      rig.servers.faults().fail("getMore", 1, FaultSpec.error(43));
      LargeEvents.replace(rig, 1);
      rig.insert(2);
      assertThat(take(stream, 2)).containsExactly("malformed", "insert 2");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("on a sharded cluster it ends the stream at once, since nothing would step over it")
  void sharded(boolean inFirstBatch) throws Exception {
    try (Rig rig = LargeEvents.rig();
        MongoClient client = MongoClients.create(rig.servers.connectionString())) {
      LargeEvents.withImages(rig);
      MongoSource source =
          MongoSource.builder(sharded(client))
              .watch(Scope.parse(Rig.ORDERS))
              .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
              .startAt(StartPosition.at(rig.servers.currentTime()))
              .maxAwaitTime(Duration.ofMillis(100))
              .listener(rig.recorder.listener)
              .build();
      LargeEvents.insert(rig, 1);
      if (inFirstBatch) {
        LargeEvents.replace(rig, 1);
      }
      try (EventStream<ChangeEvent> stream = rig.stream(source)) {
        if (!inFirstBatch) {
          assertThat(take(stream, 1)).containsExactly("insert 1");
          LargeEvents.replace(rig, 1);
        }
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));
        assertThat(dead).has(causeOfReason("unreturnable"));
        assertThat(dead.getCause())
            .hasMessageContaining("sharded cluster")
            .hasMessageContaining("splitLargeEvents");
      }
      assertThat(rig.recorder.of(MongoListener.OneByOne.class)).isEmpty();
      assertThat(rig.recorder.of(MongoListener.SteppedOver.class)).isEmpty();
    }
  }

  /** A client that says of the replica set that it is a sharded cluster. */
  private static MongoClient sharded(MongoClient client) {
    return (MongoClient)
        Proxy.newProxyInstance(
            OneByOneModeTest.class.getClassLoader(),
            new Class<?>[] {MongoClient.class},
            (proxy, method, args) -> {
              Object result = method.invoke(client, args);
              return result instanceof ClusterDescription known
                  ? new ClusterDescription(
                      known.getConnectionMode(), ClusterType.SHARDED, known.getServerDescriptions())
                  : result;
            });
  }
}
