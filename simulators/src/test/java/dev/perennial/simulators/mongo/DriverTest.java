package dev.perennial.simulators.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.ChangeStreamIterable;
import com.mongodb.client.MongoChangeStreamCursor;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official driver, on the scripted replica set. */
@Timeout(60)
class DriverTest {

  private final ReplicaSetSimulator simulator = ReplicaSetSimulator.builder().members(3).start();
  private final MongoClient client = MongoClients.create(simulator.connectionString());

  @AfterEach
  void close() {
    client.close();
    simulator.close();
  }

  @Test
  void insertsUpdatesAndDeletesAreSeenByTheNextQuery() {
    MongoCollection<Document> orders = orders();
    orders.insertMany(List.of(new Document("_id", 1), new Document("_id", 2).append("n", 5)));
    orders.updateOne(Filters.eq(2), Updates.inc("n", 2));
    orders.deleteOne(Filters.eq(1));

    assertThat(orders.find().into(new ArrayList<>()))
        .containsExactly(new Document("_id", 2).append("n", 7));
    assertThat(orders.countDocuments()).isEqualTo(1);
  }

  @Test
  void aCollectionIsTailed() {
    MongoCollection<Document> orders = orders();
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = open(orders.watch())) {
      orders.insertOne(new Document("_id", 1));
      other().insertOne(new Document("_id", 2));
      orders.updateOne(Filters.eq(1), Updates.set("a", 1));
      orders.replaceOne(Filters.eq(1), new Document("b", 2));
      orders.deleteOne(Filters.eq(1));

      assertThat(operations(cursor, 4)).containsExactly("insert", "update", "replace", "delete");
    }
  }

  @Test
  void aDatabaseIsTailed() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor =
        open(client.getDatabase("shop").watch())) {
      orders().insertOne(new Document("_id", 1));
      client.getDatabase("warehouse").getCollection("a").insertOne(new Document("_id", 1));
      other().insertOne(new Document("_id", 2));

      assertThat(List.of(next(cursor), next(cursor)))
          .extracting(event -> event.getNamespace().getFullName())
          .containsExactly("shop.orders", "shop.other");
    }
  }

  @Test
  void aClusterIsTailed() {
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor = open(client.watch())) {
      orders().insertOne(new Document("_id", 1));
      client.getDatabase("warehouse").getCollection("a").insertOne(new Document("_id", 1));

      assertThat(List.of(next(cursor), next(cursor)))
          .extracting(event -> event.getNamespace().getFullName())
          .containsExactly("shop.orders", "warehouse.a");
    }
  }

  @Test
  void aStreamResumesAfterAToken() {
    for (int i = 0; i < 10; i++) {
      simulator.insert("shop.orders", new BsonDocument("_id", new BsonInt32(i)));
    }
    BsonDocument token;
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor =
        open(orders().watch().startAtOperationTime(simulator.oldestTime()))) {
      next(cursor);
      next(cursor);
      token = cursor.getResumeToken();
    }
    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor =
        open(orders().watch().startAfter(token))) {
      assertThat(next(cursor).getDocumentKey())
          .isEqualTo(new BsonDocument("_id", new BsonInt32(2)));
    }
  }

  @Test
  void startAtOperationTimeIsInclusive() {
    simulator.insert("shop.orders", new BsonDocument("_id", new BsonInt32(1)));
    BsonTimestamp time = simulator.insert("shop.orders", new BsonDocument("_id", new BsonInt32(2)));
    simulator.insert("shop.orders", new BsonDocument("_id", new BsonInt32(3)));

    try (MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor =
        open(orders().watch().startAtOperationTime(time))) {
      assertThat(next(cursor).getDocumentKey())
          .isEqualTo(new BsonDocument("_id", new BsonInt32(2)));
    }
  }

  private MongoCollection<Document> orders() {
    return client.getDatabase("shop").getCollection("orders");
  }

  private MongoCollection<Document> other() {
    return client.getDatabase("shop").getCollection("other");
  }

  private static MongoChangeStreamCursor<ChangeStreamDocument<Document>> open(
      ChangeStreamIterable<Document> stream) {
    return stream.cursor();
  }

  private static List<String> operations(
      MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor, int count) {
    List<String> operations = new ArrayList<>();
    while (operations.size() < count) {
      operations.add(next(cursor).getOperationTypeString());
    }
    return operations;
  }

  /** Returns early on none: the test's own timeout ends what never comes. */
  private static ChangeStreamDocument<Document> next(
      MongoChangeStreamCursor<ChangeStreamDocument<Document>> cursor) {
    return cursor.next();
  }
}
