package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.Reasons.causeOfReason;
import static dev.perennial.source.mongo.Reasons.reason;
import static dev.perennial.source.mongo.Rig.rig;
import static dev.perennial.source.mongo.Rig.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.port.Connection;
import dev.perennial.port.Verdict;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.internal.error.ErrorKindTest;
import dev.perennial.source.mongo.internal.error.MongoErrors;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stream makes of a server's errors. */
class ServerErrorsTest {

  private static final int NEWER = 9_999_999;

  static Stream<FaultSpec> passing() {
    return Stream.of(
        FaultSpec.error(462, "SystemOverloadedError", "RetryableError"),
        FaultSpec.error(462),
        FaultSpec.error(11601),
        FaultSpec.error(NEWER),
        FaultSpec.error(NEWER, "NonResumableChangeStreamError"),
        FaultSpec.error(13, "SystemOverloadedError"));
  }

  @ParameterizedTest
  @MethodSource("passing")
  @DisplayName(
      "an error that may pass ends no stream: on its first opening, on a getMore, on the next opening")
  void passes(FaultSpec error) throws Exception {
    try (Rig rig = rig()) {
      rig.servers.faults().fail("aggregate", 2, error);
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
        rig.servers.faults().fail("getMore", 1, error);
        rig.servers.faults().fail("aggregate", 2, error);
        rig.insert(2);
        assertThat(take(stream, 1)).containsExactly("insert 2");
        assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).isEmpty();
      }
    }
  }

  private static Verdict verdict(MongoSource source, Throwable error) {
    return source.errors().classify(error).orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a reason's tag is its name in lower case")
  void tags(MongoSourceException.Reason reason) {
    assertThat(reason.tag()).isEqualTo(reason.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  @ParameterizedTest
  @ValueSource(strings = {"aggregate", "getMore"})
  @DisplayName("a refusal is told as one, so that a stream that has been live tries again")
  void refused(String command) throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      Optional<MongoPosition> start = source.start();
      rig.servers.faults().failAlways(command, FaultSpec.error(13));

      Throwable error = catchThrowable(() -> Rig.receive(source.connect(start)));

      assertThat(error)
          .has(reason("unauthorized"))
          .hasMessageContainingAll("shop.orders", "changeStream", "(13 Unauthorized)");
      assertThat(verdict(source, error)).isEqualTo(Verdict.refused());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 40674})
  @DisplayName("what no server takes is fatal")
  void fatal(int code) throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      Optional<MongoPosition> start = source.start();
      rig.servers.faults().failAlways("aggregate", FaultSpec.error(code));

      Throwable error = catchThrowable(() -> source.connect(start));

      assertThat(error)
          .has(reason("rejected"))
          .hasMessageContainingAll("pipeline", String.valueOf(code));
      assertThat(verdict(source, error)).isEqualTo(Verdict.fatal());
    }
  }

  @Test
  @DisplayName("what a server that is overloaded says of credentials is no refusal")
  void overloadedLogin() {
    MongoException overloaded = ErrorKindTest.error(18, "words", "SystemOverloadedError");

    assertThat(MongoErrors.CLASSIFIER.classify(overloaded)).contains(Verdict.retry());
  }

  static Stream<Arguments> garbled() {
    String head = "8265A1B2C300000001"; // a cluster time
    String data = "463C5F6964002B0A00"; // {_id: 5}
    String uuid = "5A100411223344556677889900AABBCCDDEEFF";
    String version = "2B02"; // the number 1
    return Stream.of(
        Arguments.of("no digits at all", "xyz", 9),
        Arguments.of("half a digit", head + "2", 9),
        Arguments.of("empty", "", 40649),
        Arguments.of("no version", head + "04", 50796),
        Arguments.of("a version that is not known", head + "2B0E2904", 50795),
        Arguments.of("no token type", head + version + "04", 51055),
        Arguments.of("a token type that is not known", head + version + "2B0804", 51057),
        Arguments.of("no index", head + version + "2904", 50793),
        Arguments.of("no flag where one should be", head + version + "29292904", 50870),
        Arguments.of("an unknown type", head + version + "29296E07", 50811),
        Arguments.of("cut off", head + version + "2929", 15),
        Arguments.of("too much", head + version + "29296E" + uuid + data + data + "04", 40646));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("garbled")
  @DisplayName("a token that is garbled in any way is a lost position")
  void garbledToken(String how, String hex, int code) throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      MongoPosition garbled = ResumePosition.ofToken(Tokens.ofHex(hex));

      Throwable error = catchThrowable(() -> source.connect(Optional.of(garbled)));

      assertThat(error)
          .isInstanceOfSatisfying(
              MongoException.class, refusal -> assertThat(refusal.getCode()).isEqualTo(code));
      assertThat(verdict(source, error)).isEqualTo(Verdict.positionLost());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {NEWER, 1, 8_888_888})
  @DisplayName("a token that a server refuses with a code of its own is replaced by its time")
  void tokenRefusedByACodeThatIsNew(int code) throws Exception {
    try (Rig rig = rig()) {
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
      }
      rig.insert(2);
      // With the token, then without it, which the server takes, then with it again.
      rig.servers.faults().fail("aggregate", 1, FaultSpec.error(code));
      rig.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(code));
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        assertThat(take(stream, 2)).containsExactly("insert 1", "insert 2");
      }
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class))
          .singleElement()
          .satisfies(told ->
              assertThat(told.cause())
                  .has(reason("token-rejected"))
                  .hasMessageContaining(String.valueOf(code)));
    }
  }

  @Test
  @DisplayName("a code that is new and passes in between is not blamed on the token")
  void passesInBetween() throws Exception {
    try (Rig rig = rig()) {
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
      }
      rig.insert(2);
      rig.servers.faults().fail("aggregate", 1, FaultSpec.error(NEWER));
      rig.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(NEWER - 1));
      try (EventStream<ChangeEvent> stream = rig.stream()) {
        assertThat(take(stream, 1)).containsExactly("insert 2");
      }
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).isEmpty();
    }
  }

  @Test
  @DisplayName("a pipeline that a server refuses with a code of its own is refused at once")
  void pipelineRefusedByACodeThatIsNew() throws Exception {
    try (Rig rig = rig()) {
      rig.servers.faults().fail("aggregate", 1, FaultSpec.error(NEWER));
      rig.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(NEWER));
      List<BsonDocument> pipeline = List.of(BsonDocument.parse("{$match: {a: 1}}"));
      try (EventStream<ChangeEvent> stream = rig.stream(rig.builder().pipeline(pipeline).build())) {
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));

        assertThat(dead.reason()).isEqualTo(Reason.FATAL);
        assertThat(dead)
            .has(causeOfReason("rejected"))
            .hasMessageContainingAll("pipeline", String.valueOf(NEWER));
        assertThat(MongoErrors.CLASSIFIER.classify(dead.getCause())).contains(Verdict.refused());
      }
    }
  }

  @Test
  @DisplayName("a pipeline that fails on an event is not taken for a refused token")
  void pipelineThatFailsOnAnEvent() throws Exception {
    try (Rig rig = rig()) {
      List<BsonDocument> pipeline = List.of(BsonDocument.parse("{$match: {a: {$exists: false}}}"));
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().pipeline(pipeline).build())) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
      }
      // Without the event that follows the token the server takes the pipeline.
      rig.servers.faults().fail("aggregate", 1, FaultSpec.error(17124));
      rig.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(17124));
      try (EventStream<ChangeEvent> stream = rig.stream(rig.builder().pipeline(pipeline).build())) {
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, () -> stream.next(Rig.TIMEOUT));

        assertThat(dead)
            .has(causeOfReason("rejected"))
            .hasMessageContainingAll("pipeline", "17124");
      }
      assertThat(rig.recorder.of(MongoListener.TokenRejected.class)).isEmpty();
    }
  }

  @Test
  @DisplayName("a code that is new and persists is looked into once a position")
  void looksIntoItOnce() throws Exception {
    try (Rig rig = rig();
        MongoSource source =
            rig.builder()
                .pipeline(List.of(BsonDocument.parse("{$match: {a: {$exists: false}}}")))
                .build()) {
      rig.insert(1, 2);
      MongoPosition first = Positions.ofFirstEvent(source, rig.servers.oldestTime());
      rig.servers.clearObservations();
      rig.servers.faults().failAlways("aggregate", FaultSpec.error(NEWER));
      for (long asked : new long[] {3, 4, 5}) {
        assertThat(catchThrowable(() -> source.connect(Optional.of(first))))
            .hasMessageContaining(String.valueOf(NEWER));
        assertThat(rig.servers.count("aggregate")).isEqualTo(asked);
      }
      rig.servers.faults().clear();
      source.connect(Optional.of(first)).close(Duration.ZERO);
    }
  }

  @Test
  @DisplayName("without a pipeline there is nothing to blame a code that is new on")
  void nothingToBlame() throws Exception {
    try (Rig rig = rig()) {
      rig.servers.faults().fail("aggregate", 1, FaultSpec.error(NEWER));
      try (EventStream<ChangeEvent> stream = rig.live(rig.builder().build())) {
        rig.insert(1);
        assertThat(take(stream, 1)).containsExactly("insert 1");
      }
      assertThat(rig.servers.count("aggregate")).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {NEWER, 13, 2, 50, 462})
  @DisplayName("no message has the whole response, whatever the error")
  void briefMessages(int code) throws Exception {
    String words = "a server's words\n" + "x".repeat(2_000);
    for (String command : List.of("ping", "aggregate", "getMore")) {
      try (Rig rig = rig();
          MongoSource source = rig.builder().build()) {
        MongoPosition position = ResumePosition.ofTime(rig.servers.oldestTime());
        rig.servers.faults().failAlways(command, FaultSpec.errorSaying(code, words));

        Throwable error =
            catchThrowable(() -> {
              source.start();
              Connection<ChangeEvent, MongoPosition> opened = source.connect(Optional.of(position));
              while (true) {
                opened.receive(Duration.ofMillis(100));
              }
            });

        assertThat(error.getMessage())
            .hasSizeLessThan(650)
            .contains(String.valueOf(code), "words\\u000axx")
            .doesNotContain("full response", "\n")
            .containsOnlyOnce("a server's words");
        if (error instanceof MongoCommandException kept) {
          assertThat(kept.getCode()).isEqualTo(code);
          assertThat(kept.getResponse().getString("errmsg").getValue()).isEqualTo(words);
        }
      }
    }
  }
}
