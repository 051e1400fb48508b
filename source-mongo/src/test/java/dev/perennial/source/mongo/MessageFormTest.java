package dev.perennial.source.mongo;

import static dev.perennial.source.mongo.Rig.rig;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Connection;
import dev.perennial.simulators.mongo.FaultSpec;
import dev.perennial.source.mongo.internal.error.ErrorKindTest;
import dev.perennial.source.mongo.internal.event.EventReader;
import dev.perennial.source.mongo.internal.event.SplitEvents;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of this module's error messages, read from a sample of them. */
class MessageFormTest {

  private static final String CREDENTIAL = "s3cret";
  private static final String URI = "mongodb://eve:s3cret@localhost:1";

  private static MongoSourceBuilder source() {
    return watching(MongoSource.builder(URI));
  }

  private static MongoSourceBuilder watching(MongoSourceBuilder builder) {
    return builder.watch(Scope.parse(Rig.ORDERS));
  }

  private static MongoSourceBuilder source(MongoClientSettings.Builder settings) {
    return watching(
        MongoSource.builder(settings.applyConnectionString(new ConnectionString(URI)).build()));
  }

  static Stream<ThrowingCallable> refusedSettings() {
    return Stream.of(
        () -> MongoSource.builder("s3cret"),
        () -> MongoSource.builder("mongodb://eve:s3cret@ho st@"),
        () -> MongoSource.builder(URI).build(),
        () -> source().batchSize(0).build(),
        () -> source().maxAwaitTime(Duration.ZERO).build(),
        () -> source().maxAwaitTime(Duration.ofDays(99)).build(),
        () -> source().maxAwaitTime(Duration.ofNanos(1_500_000)).build(),
        () -> source().readTimeout(Duration.ofMillis(-1500)).build(),
        () -> source().readTimeout(Duration.ofMillis(500)).build(),
        () -> watching(MongoSource.builder(URI + "/?socketTimeoutMS=100")).build(),
        () -> source(MongoClientSettings.builder().timeout(1500, TimeUnit.MILLISECONDS)).build(),
        () -> source(MongoClientSettings.builder().readConcern(ReadConcern.LINEARIZABLE)).build());
  }

  static Stream<ThrowingCallable> refusedPipelines() {
    Function<String, ThrowingCallable> pipeline =
        stage -> () -> source().pipeline(List.of(BsonDocument.parse(stage))).build();
    return Stream.of(
        pipeline.apply("{}"),
        pipeline.apply("{$changeStream: {}}"),
        pipeline.apply("{$group: {_id: 1}}"),
        pipeline.apply("{$unset: '_id'}"),
        () -> source().pipeline(List.of(new Document("$match", new UUID(1, 1)))).build(),
        () ->
            source()
                .splitLargeEvents(true)
                .pipeline(List.of(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}")))
                .build());
  }

  static Stream<ThrowingCallable> refusedScopesAndStarts() {
    return Stream.of(
        () -> Scope.collections(),
        () -> Scope.collections("orders"),
        () -> Scope.parse("shop", "crm.users"),
        () -> Scope.parse("a b.c"),
        () -> Scope.matching(Pattern.compile("a", Pattern.UNICODE_CASE)),
        () -> StartPosition.at(Instant.MAX),
        () -> StartPosition.at(new BsonTimestamp(0)),
        () -> StartPosition.parse("yesterday"),
        () -> StartPosition.parse("{_data"));
  }

  @ParameterizedTest
  @MethodSource({"refusedSettings", "refusedPipelines", "refusedScopesAndStarts"})
  void settings(ThrowingCallable setting) {
    assertForm(catchThrowable(setting));
  }

  @Test
  void aClientOfTheApplication() throws Exception {
    try (Rig rig = rig();
        MongoClient client = MongoClients.create(rig.servers.connectionString())) {
      assertForm(
          catchThrowable(() ->
              watching(MongoSource.builder(client)).readTimeout(Duration.ofHours(1)).build()));
      MongoSource source = watching(MongoSource.builder(client)).build();
      Optional<MongoPosition> start = source.start();
      client.close();
      assertForm(catchThrowable(() -> source.connect(start)), "client-closed");
    }
  }

  @Test
  void aClientThatCannotBeDirected() throws Exception {
    try (Rig rig = new Rig(servers -> servers.members(3));
        MongoClient client = MongoClients.create(rig.servers.connectionString())) {
      MongoSource source =
          watching(MongoSource.builder(client)).readPreference(ReadPreference.nearest()).build();
      Optional<MongoPosition> start = source.start();
      assertForm(catchThrowable(() -> source.connect(start)), "rejected");
    }
  }

  @Test
  void aClosedSource() {
    MongoSource source = source().build();
    source.close();
    assertForm(catchThrowable(source::start));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "2 time 5.1",
        "1 place",
        "1 time x",
        "1 token 82AA",
        "1 token zz 5.1",
        "1 token {_data 5.1",
        "1 time 5.1 @collection=x"
      })
  void unreadableCheckpoints(String position) {
    Checkpoint saved = new Checkpoint("mongodb", "", position);
    assertForm(catchThrowable(() -> source().build().decode(saved)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tap", "mongodb"})
  @DisplayName("a checkpoint of another source, and one without a time of other settings")
  void checkpointsThatDoNotFit(String source) {
    Checkpoint saved = new Checkpoint(source, "other", "1 token {a: 1} -");
    assertForm(catchThrowable(() -> source().build().decode(saved)));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 13, 18, 20, 73, 148, 166, 8000, 40324, 40573, 40674, 999_999})
  void whatTheServerRefuses(int code) throws Exception {
    try (Rig rig = rig();
        MongoSource source =
            rig.builder().pipeline(List.of(BsonDocument.parse("{$match: {a: 1}}"))).build()) {
      Optional<MongoPosition> start = source.start();
      FaultSpec error = FaultSpec.errorSaying(code, code == 8000 ? "user is not allowed." : "no");
      // A code that is on no list is laid to the pipeline if the server accepts the stream without.
      rig.servers.faults().fail("aggregate", 1, error);
      rig.servers.faults().failFrom("aggregate", 2, 1, error);
      assertForm(catchThrowable(() -> source.connect(start)), "");
    }
  }

  @Test
  void aServerWithoutReplicaSet() throws Exception {
    try (Rig rig = new Rig(servers -> servers.standalone());
        MongoSource source = rig.builder().build()) {
      assertForm(catchThrowable(source::start), "no-replica-set");
    }
  }

  @Test
  void credentials() throws Exception {
    try (Rig rig = rig()) {
      rig.servers.faults().refuseCredentials(true);
      String uri = rig.servers.connectionString().replace("mongodb://", "mongodb://eve:s3cret@");
      try (MongoSource source = watching(MongoSource.builder(uri)).build()) {
        assertForm(catchThrowable(source::start), "unauthorized");
      }
    }
  }

  @Test
  void aServerThatCannotSplit() throws Exception {
    try (Rig rig = rig(9);
        MongoSource source = rig.builder().splitLargeEvents(true).build()) {
      Optional<MongoPosition> start = source.start();
      assertForm(catchThrowable(() -> source.connect(start)), "rejected");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {260, 286})
  void aRefusedStart(int code) throws Exception {
    try (Rig rig = rig();
        MongoSource source =
            rig.builder().startAt(StartPosition.after(Tokens.ofHex(Samples.EVENT_TOKEN))).build()) {
      rig.servers.faults().failAlways("aggregate", FaultSpec.error(code));
      assertForm(catchThrowable(source::start), "start-refused");
    }
  }

  @Test
  void anotherDeployment() throws Exception {
    Checkpoint saved;
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      Optional<MongoPosition> start = source.start();
      source.connect(start).close(Duration.ZERO);
      saved = source.encode(start.orElseThrow());
    }
    try (Rig rig = new Rig(servers -> servers.seed(2).name("rs1"));
        MongoSource source = rig.builder().build()) {
      Optional<MongoPosition> position = Optional.of(source.decode(saved));
      assertForm(catchThrowable(() -> source.connect(position)), "another-deployment");
    }
  }

  @Test
  void aTokenThatIsRefusedAgain() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition event = Positions.ofFirstEvent(source, rig.servers.oldestTime());
      source.recover(event, ErrorKindTest.error(260, "no such token"));
      assertForm(
          catchThrowable(() -> source.recover(event, ErrorKindTest.error(260, "no such token"))),
          "token-rejected-again");
    }
  }

  @Test
  @DisplayName("a token that the server refuses with a code that is on no list")
  void aRefusedToken() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      rig.insert(1);
      MongoPosition event = Positions.ofFirstEvent(source, rig.servers.oldestTime());
      rig.servers.faults().fail("aggregate", 1, FaultSpec.error(999_999));
      rig.servers.faults().failFrom("aggregate", 2, 1, FaultSpec.error(999_999));
      assertForm(catchThrowable(() -> source.connect(Optional.of(event))), "token-rejected");
    }
  }

  static Stream<Function<StreamGap, StartPosition>> brokenChoices() {
    return Stream.of(
        gap -> {
          throw new IllegalStateException("no copy");
        },
        gap -> {
          throw new NullPointerException();
        },
        gap -> null);
  }

  @ParameterizedTest
  @MethodSource("brokenChoices")
  void aRestartThatFails(Function<StreamGap, StartPosition> choice) throws Exception {
    try (Rig rig = rig();
        MongoSource source =
            rig.builder().onHistoryLost(HistoryLostPolicy.restartAt(choice)).build()) {
      MongoPosition lost = ResumePosition.ofTime(new BsonTimestamp(9, 1));
      assertForm(
          catchThrowable(() -> source.recover(lost, ErrorKindTest.error(286, "gone"))),
          "restart-failed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FAIL", "REOPEN"})
  void anInvalidate(InvalidatePolicy policy) throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().onInvalidate(policy).build()) {
      Connection<ChangeEvent, MongoPosition> connection = source.connect(source.start());
      rig.insert(1);
      rig.servers.drop(Rig.ORDERS);
      assertForm(
          lossOf(connection), policy == InvalidatePolicy.FAIL ? "invalidated" : "cursor-lost");
    }
  }

  @Test
  @DisplayName("an event that cannot be returned, first of a batch and then alone")
  void anEventThatCannotBeReturned() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      Optional<MongoPosition> start = source.start();
      for (int code : new int[] {10334, 47, 280}) {
        rig.servers.faults().failAlways("getMore", FaultSpec.errorSaying(code, "too large"));
        assertForm(lossOf(source.connect(start)), "");
        assertForm(lossOf(source.connect(start)), "unreturnable");
      }
    }
  }

  @Test
  void cursorsThatAreLost() throws Exception {
    try (Rig rig = rig();
        MongoSource source = rig.builder().build()) {
      Connection<ChangeEvent, MongoPosition> ended = source.connect(source.start());
      rig.servers.faults().endCursors();
      assertForm(lossOf(ended), "cursor-lost");
    }
  }

  private static Throwable lossOf(Connection<ChangeEvent, MongoPosition> connection)
      throws Exception {
    try {
      return catchThrowable(() -> {
        while (true) {
          Rig.receive(connection);
        }
      });
    } finally {
      connection.close(Duration.ZERO);
    }
  }

  @Test
  void splitEvents() throws Exception {
    MongoPosition last = ResumePosition.ofTime(new BsonTimestamp(9, 1));
    Change first = Samples.change("splitEvent: {fragment: 1, of: 2}");
    SplitEvents split = new SplitEvents(EventReader.plain(), SplitEvents.DEFAULT_LIMIT);
    assertThat(split.whole(first, last)).isNull();
    assertForm(catchThrowable(() -> split.whole(first, last)), "fragment-missing");
    assertForm(catchThrowable(() -> split.whole(Samples.change(""), last)), "fragment-missing");
    SplitEvents small = new SplitEvents(EventReader.plain(), 1);
    assertForm(catchThrowable(() -> small.whole(first, last)), "event-too-large");
  }

  static Stream<ThrowingCallable> payloads() {
    Change change =
        Samples.change("fullDocument: {_id: 7}, updateDescription: 1, splitEvent: {fragment: 'x'}");
    Change odd = Samples.change("updateDescription: {updatedFields: 1}, splitEvent: {}");
    return Stream.of(
        () -> change.fullDocument().as(Number.class),
        change::splitEvent,
        odd::updateDescription,
        odd::splitEvent);
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void payloads(ThrowingCallable decoder) {
    assertForm(catchThrowable(decoder));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{_id: 1}", "{_id: null}"})
  void malformedEvents(String json) {
    assertForm(Samples.malformed(Samples.bytes(json)).cause());
    assertForm(Samples.malformed(new byte[] {1, 2, 3}).cause());
  }

  /**
   * @param tag the reason's tag; empty for any
   */
  private static void assertForm(Throwable error, String tag) {
    assertForm(error);
    assertThat(error).isInstanceOf(MongoSourceException.class);
    if (!tag.isEmpty()) {
      assertThat(error).has(Reasons.reason(tag));
    }
  }

  private static void assertForm(Throwable error) {
    assertThat(error).isNotNull();
    String message = String.valueOf(error.getMessage());
    assertThat(message)
        .matches("(Cannot|Lost) .*: .*")
        .endsWith(".")
        .doesNotEndWith("..")
        .doesNotContain("\n", "Exception:", CREDENTIAL)
        .doesNotContainPattern("\\bPT[0-9-]");
    assertThat(message.split("\\. (?=[A-Z])")).as(message).hasSizeLessThanOrEqualTo(2);
  }
}
