package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Projections;
import dev.perennial.source.mongo.internal.client.ClientSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.bson.BsonDocument;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BuilderTest {

  private static final String LOCAL = "mongodb://localhost:27017/";

  private static MongoSourceBuilder builder(String uri) {
    return MongoSource.builder(uri).watch(Scope.collection("shop", "orders"));
  }

  private static void refused(Consumer<MongoSourceBuilder> setting, String reason) {
    MongoSourceBuilder builder = builder(LOCAL);
    assertThatThrownBy(
            () -> {
              setting.accept(builder);
              builder.build();
            })
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  @DisplayName("makes sources without asking a server")
  void noIo() {
    MongoSource source = builder("mongodb://user:secret@nowhere.invalid:1/?replicaSet=rs0").build();

    assertThat(source.name()).isEqualTo("mongodb");
    assertThat(source).hasToString("MongoSource[shop.orders at nowhere.invalid:1]");
    assertThat(source.configuredStart()).isEmpty();
    assertThat(source.clusterTime()).isEmpty();
    source.close();
  }

  @Test
  @DisplayName("looks no name up for a mongodb+srv string")
  void srvIsNotLookedUp() {
    assertThat(builder("mongodb+srv://user:secret@cluster.nowhere.invalid/").build())
        .hasToString("MongoSource[shop.orders at cluster.nowhere.invalid]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mongodb://user:geheim/x@localhost",
        "mongodb://user:geheim@local:host:1:2/",
        "http://user:geheim@localhost",
        "mongodb://localhost/?authMechanism=geheim",
        "mongodb://user:geheim%40localhost:27017",
        "mongodb://user:geheim:localhost",
        "geheim",
        "mongodb://user:geheim@localhost/?w=:::&readPreference=geheim",
      })
  @DisplayName("shows no secret of a connection string that is none")
  void noSecrets(String uri) {
    Throwable error = catchThrowable(() -> MongoSource.builder(uri));

    assertThat(error).isInstanceOf(IllegalArgumentException.class);
    assertThat(error).hasMessageContaining("connection string").hasNoCause();
    assertThat(org.assertj.core.util.Throwables.getStackTrace(error)).doesNotContain("geheim");
  }

  @Test
  @DisplayName("says what is wrong with a connection string that holds no secret")
  void whatIsWrong() {
    assertThatThrownBy(() -> MongoSource.builder("mongo://localhost"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mongodb://");
  }

  @Test
  @DisplayName("something must be watched")
  void nothingWatched() {
    assertThatThrownBy(() -> MongoSource.builder(LOCAL).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("watch(");
  }

  @Test
  @DisplayName("case 30: a read timeout that ends before the server answers is refused")
  void readTimeout() {
    Duration await = MongoSource.DEFAULT_MAX_AWAIT_TIME;
    refused(b -> b.readTimeout(await), "readTimeout");
    refused(b -> b.readTimeout(Duration.ofMillis(1)), "maxAwaitTime");
    refused(b -> b.maxAwaitTime(Duration.ofSeconds(9)).readTimeout(Duration.ofSeconds(9)), "9");
    assertThatThrownBy(() -> builder(LOCAL + "?socketTimeoutMS=500").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("socketTimeoutMS");

    builder(LOCAL).readTimeout(await.plusMillis(1)).build().close();
    builder(LOCAL).readTimeout(Duration.ZERO).build().close();
    builder(LOCAL + "?socketTimeoutMS=501").build().close();
  }

  @Test
  @DisplayName("what a driver cannot count is refused when the source is built")
  void uncountable() {
    refused(b -> b.readTimeout(Duration.ofDays(30)), "readTimeout");
    refused(b -> b.readTimeout(Duration.ofMillis(1500).plusNanos(1)), "whole milliseconds");
    refused(b -> b.readTimeout(Duration.ofSeconds(-1)), "readTimeout");
    refused(b -> b.maxAwaitTime(Duration.ofNanos(1_500_000)), "whole milliseconds");
    Duration longest = Duration.ofMillis(Integer.MAX_VALUE);
    refused(b -> b.maxAwaitTime(longest), "maxAwaitTime");
    Duration await = longest.minusSeconds(10);
    builder(LOCAL).maxAwaitTime(await).build().close();
    assertThat(effective(LOCAL, null, await)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  @DisplayName("the read timeout is the longest of 60 s, the wait and 10 s, and the client's own")
  void effectiveReadTimeout() {
    assertThat(effective(LOCAL, null, Duration.ofMillis(500))).isEqualTo(60_000);
    assertThat(effective(LOCAL, null, Duration.ofSeconds(55))).isEqualTo(65_000);
    assertThat(effective(LOCAL + "?socketTimeoutMS=5000", null, Duration.ofMillis(500)))
        .isEqualTo(60_000);
    assertThat(effective(LOCAL + "?socketTimeoutMS=90000", null, Duration.ofMillis(500)))
        .isEqualTo(90_000);
    assertThat(effective(LOCAL, Duration.ofSeconds(7), Duration.ofMillis(500))).isEqualTo(7_000);
    assertThat(effective(LOCAL, Duration.ZERO, Duration.ofMillis(500))).isZero();
  }

  private static int effective(
      String uri, @org.jspecify.annotations.Nullable Duration set, Duration await) {
    ClientSpec.Owned spec = (ClientSpec.Owned) ClientSpec.of(uri);
    return Math.toIntExact(spec.readTimeout(set, await).toMillis());
  }

  @Test
  @DisplayName("a limit on whole operations is refused, from settings, string and client")
  void operationTimeout() {
    assertThatThrownBy(() -> builder(LOCAL + "?timeoutMS=1000").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("timeoutMS");
    MongoClientSettings settings =
        MongoClientSettings.builder().timeout(1, TimeUnit.SECONDS).build();
    MongoSourceBuilder ours =
        MongoSource.builder(settings).watch(Scope.collection("shop", "orders"));
    assertThatThrownBy(ours::build).hasMessageContaining("timeoutMS");
    try (MongoClient client = MongoClients.create(settings)) {
      MongoSourceBuilder theirs =
          MongoSource.builder(client).watch(Scope.collection("shop", "orders"));
      assertThatThrownBy(theirs::build).hasMessageContaining("timeoutMS");
    }
  }

  @Test
  @DisplayName("a read timeout cannot be set on a client that was given")
  void readTimeoutOfGivenClient() {
    try (MongoClient client = MongoClients.create(LOCAL)) {
      MongoSourceBuilder builder =
          MongoSource.builder(client)
              .watch(Scope.collection("shop", "orders"))
              .readTimeout(Duration.ofSeconds(60));
      assertThatThrownBy(builder::build)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("given");
    }
  }

  @Test
  @DisplayName("numbers that no server takes are refused")
  void numbers() {
    refused(b -> b.batchSize(0), "batchSize");
    refused(b -> b.maxAwaitTime(Duration.ZERO), "maxAwaitTime");
    refused(b -> b.maxAwaitTime(Duration.ofDays(30)), "maxAwaitTime");
  }

  @Test
  @DisplayName("null is refused at once, with the option's name")
  @SuppressWarnings("NullAway")
  void nulls() {
    Map<String, Consumer<MongoSourceBuilder>> options = new TreeMap<>();
    options.put("watch()", b -> b.watch(null));
    options.put("pipeline()", b -> b.pipeline(null));
    options.put("fullDocument()", b -> b.fullDocument(null));
    options.put("fullDocumentBeforeChange()", b -> b.fullDocumentBeforeChange(null));
    options.put("collation()", b -> b.collation(null));
    options.put("comment()", b -> b.comment(null));
    options.put("maxAwaitTime()", b -> b.maxAwaitTime(null));
    options.put("readPreference()", b -> b.readPreference(null));
    options.put("readTimeout()", b -> b.readTimeout(null));
    options.put("startAt()", b -> b.startAt(null));
    options.put("onHistoryLost()", b -> b.onHistoryLost(null));
    options.put("onInvalidate()", b -> b.onInvalidate(null));
    options.put("listener()", b -> b.listener(null));
    options.put("runtime()", b -> b.runtime(null));
    options.forEach((name, option) -> {
      MongoSourceBuilder builder = builder(LOCAL);
      assertThatThrownBy(() -> option.accept(builder))
          .isInstanceOf(NullPointerException.class)
          .hasMessageStartingWith(name);
    });
    assertThatThrownBy(() -> HistoryLostPolicy.restartAt(null))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("restartAt()");
  }

  @Test
  @DisplayName("stages that no stream can have are refused")
  void stages() {
    refused(b -> b.pipeline(List.of(Aggregates.limit(1))), "$limit");
    refused(b -> b.pipeline(List.of(new BsonDocument())), "one field");
    refused(
        b -> b.pipeline(List.of(BsonDocument.parse("{$match: {}, $project: {}}"))), "one field");
    refused(b -> b.pipeline(List.of(BsonDocument.parse("{$changeStream: {}}"))), "$changeStream");
    refused(
        b ->
            b.splitLargeEvents(true)
                .pipeline(List.of(BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}"))),
        "splitLargeEvents");
  }

  @Test
  @DisplayName("a pipeline that removes the resume token is refused")
  void token() {
    refused(b -> b.pipeline(List.of(Aggregates.project(Projections.excludeId()))), "resume token");
    refused(b -> b.pipeline(List.of(BsonDocument.parse("{$project: {_id: false}}"))), "_id");
    refused(b -> b.pipeline(List.of(BsonDocument.parse("{$unset: '_id'}"))), "_id");
    refused(b -> b.pipeline(List.of(BsonDocument.parse("{$unset: ['a', '_id']}"))), "_id");

    builder(LOCAL)
        .pipeline(List.of(BsonDocument.parse("{$project: {'fullDocument._id': 0}}")))
        .build()
        .close();
  }

  @Test
  @DisplayName("a start that was asked for is told in words")
  void configuredStart() {
    MongoSource source =
        builder(LOCAL).startAt(StartPosition.at(Instant.parse("2026-11-22T10:00:00Z"))).build();

    assertThat(source.configuredStart()).isEqualTo(Optional.of("2026-11-22T10:00:00Z"));
    source.close();
  }
}
