package dev.perennial.examples.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamEndedException;
import dev.perennial.cli.ChildProcess;
import dev.perennial.port.CheckpointStore;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.redis.RedisServer;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import dev.perennial.source.mongo.StreamGap;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** Runs the examples of watching MongoDB against a simulated replica set. */
class MongoExamplesTest {

  @TempDir private Path folder;
  private ReplicaSetSimulator mongo;

  @BeforeEach
  void start() {
    mongo = ReplicaSetSimulator.builder().start();
  }

  @AfterEach
  void stop() {
    mongo.close();
  }

  @Test
  void watchesThreeCollections() throws Exception {
    SearchIndex index = new SearchIndex();
    try (EventStream<ChangeEvent> stream = live(SearchIndex.source(mongo.connectionString()))) {
      insert("shop.orders", "{_id: 1, total: 5}");
      insert("shop.carts", "{_id: 1}");
      insert("shop.customers", "{_id: 1, name: \"Ann\"}");
      insert("crm.tickets", "{_id: 1}");
      mongo.update("shop.orders", id(1), BsonDocument.parse("{total: 6}"));
      mongo.delete("crm.tickets", id(1));
      insert("crm.tickets", "{_id: 2}");
      handle(stream, index, 6);
      assertThat(index.documents())
          .hasSize(3)
          .containsValues(
              "{\"_id\": 1, \"total\": 6}", "{\"_id\": 1, \"name\": \"Ann\"}", "{\"_id\": 2}");
      mongo.drop("shop.customers");
      handle(stream, index, 1);
      assertThat(index.documents()).hasSize(2);
      assertThat(index.setAside()).isEmpty();
    }
    StreamGap gap = new Gap(Optional.empty(), new BsonTimestamp(1, 1), "overwritten");
    index.handle(gap);
    assertThat(index.setAside()).containsExactly(gap);
  }

  private record Gap(Optional<BsonTimestamp> from, BsonTimestamp to, String reason)
      implements StreamGap {}

  @Test
  void showsThePriceBeforeAndAfter() throws Exception {
    String products = "shop.products";
    mongo.createCollection(products, true);
    try (EventStream<ChangeEvent> stream = live(PriceHistory.source(mongo.connectionString()))) {
      insert(products, "{_id: 1, price: 3}");
      mongo.update(products, id(1), BsonDocument.parse("{price: 4}"));
      mongo.delete(products, id(1));
      assertThat(take(stream, 3).stream().map(event -> PriceHistory.priceChange((Change) event)))
          .containsExactly("? -> 3", "3 -> 4", "4 -> gone");
    }
  }

  @Test
  void filtersOnTheServer() throws Exception {
    try (EventStream<ChangeEvent> stream = live(LargeOrders.source(mongo.connectionString()))) {
      insert("shop.orders", "{_id: 1, total: 5}");
      insert("shop.orders", "{_id: 2, total: 1000}");
      mongo.update("shop.orders", id(1), BsonDocument.parse("{total: 2000}"));
      insert("shop.orders", "{_id: 3, total: 5000}");
      assertThat(ids(take(stream, 2))).containsExactly(2, 3);
    }
  }

  @Test
  void keepsTheCheckpointInATable() throws Exception {
    SQLiteDataSource database = new SQLiteDataSource();
    database.setUrl("jdbc:sqlite:" + folder.resolve("application.db"));
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE checkpoint (stream TEXT PRIMARY KEY, line TEXT NOT NULL)");
    }
    resumesWhereItStopped(TableCheckpoints.in(database), TableCheckpoints.in(database));
  }

  @Test
  void keepsTheCheckpointInFiles() throws Exception {
    resumesWhereItStopped(SameStream.inFiles(folder), SameStream.inFiles(folder));
  }

  @Test
  void keepsTheCheckpointInRedis() throws Exception {
    try (RedisServer redis = RedisServer.start();
        CheckpointStore before = SameStream.inRedis(redis.uri());
        CheckpointStore after = SameStream.inRedis(redis.uri())) {
      resumesWhereItStopped(before, after);
    }
  }

  @Test
  void opensASourceThatEndsWithItsDatabase() throws Exception {
    mongo.close();
    Instant begin = Instant.parse("2026-11-22T10:00:00Z");
    mongo = ReplicaSetSimulator.builder().clock(InstantSource.fixed(begin)).start();
    insert("shop.orders", "{_id: 1}");
    MongoClientSettings settings =
        MongoClientSettings.builder()
            .applyConnectionString(new ConnectionString(mongo.connectionString()))
            .build();
    try (EventStream<ChangeEvent> stream =
        EventStream.from(TunedMongo.source(settings), Checkpoints.none()).open()) {
      assertThat(ids(take(stream, 1))).as("from the time that is configured").containsExactly(1);
      mongo.dropDatabase("shop");
      List<String> operations = new ArrayList<>();
      try {
        while (true) {
          operations.add(((Change) stream.next().event()).rawOperationType());
        }
      } catch (StreamEndedException e) {
        assertThat(operations).containsExactly("drop", "dropDatabase", "invalidate");
      }
    }
  }

  private void resumesWhereItStopped(CheckpointStore before, CheckpointStore after)
      throws Exception {
    try (EventStream<ChangeEvent> stream = SameStream.open(orders(), before)) {
      stream.awaitLive(ChildProcess.DEADLINE);
      insert("shop.orders", "{_id: 1}");
      insert("shop.orders", "{_id: 2}");
      assertThat(ids(take(stream, 1))).containsExactly(1);
    }
    insert("shop.orders", "{_id: 3}");
    try (EventStream<ChangeEvent> stream = SameStream.open(orders(), after)) {
      assertThat(ids(take(stream, 2))).containsExactly(2, 3);
    }
  }

  private MongoSource orders() {
    return MongoSource.builder(mongo.connectionString())
        .watch(Scope.collection("shop", "orders"))
        .build();
  }

  private void insert(String namespace, String document) {
    mongo.insert(namespace, BsonDocument.parse(document));
  }

  private static BsonInt32 id(int id) {
    return new BsonInt32(id);
  }

  private static EventStream<ChangeEvent> live(MongoSource source) throws Exception {
    EventStream<ChangeEvent> stream = EventStream.from(source, Checkpoints.none()).open();
    stream.awaitLive(ChildProcess.DEADLINE);
    return stream;
  }

  private static void handle(EventStream<ChangeEvent> stream, SearchIndex index, int count)
      throws Exception {
    take(stream, count).forEach(index::handle);
  }

  /** Returns the next events, acked. */
  private static List<ChangeEvent> take(EventStream<ChangeEvent> stream, int count)
      throws Exception {
    List<ChangeEvent> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Delivery<ChangeEvent> delivery = stream.next(ChildProcess.DEADLINE).orElseThrow();
      delivery.ack();
      events.add(delivery.event());
    }
    return events;
  }

  private static List<Integer> ids(List<ChangeEvent> events) {
    return events.stream()
        .map(event -> ((Change) event).documentId().orElseThrow().asInt32().getValue())
        .toList();
  }
}
