package dev.perennial.simulators.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoNamespace;
import com.mongodb.MongoWriteException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.RenameCollectionOptions;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import java.util.ArrayList;
import java.util.List;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands that suites and demos send through the official driver. */
@Timeout(60)
class DriverCommandsTest {

  private final ReplicaSetSimulator simulator = ReplicaSetSimulator.builder().start();
  private final MongoClient client = MongoClients.create(simulator.connectionString());
  private final MongoDatabase shop = client.getDatabase("shop");
  private final MongoCollection<Document> orders = shop.getCollection("orders");

  @AfterEach
  void close() {
    client.close();
    simulator.close();
  }

  @Test
  void queriesFilterSortSkipLimitAndProject() {
    for (int i = 0; i < 250; i++) {
      orders.insertOne(new Document("_id", i).append("even", i % 2 == 0));
    }

    assertThat(orders.find().batchSize(10).into(new ArrayList<>())).hasSize(250);
    assertThat(
            orders
                .find(Filters.eq("even", true))
                .sort(Sorts.descending("_id"))
                .skip(1)
                .limit(2)
                .projection(Projections.include("_id"))
                .into(new ArrayList<>()))
        .containsExactly(new Document("_id", 246), new Document("_id", 244));
    assertThat(orders.countDocuments(Filters.gte("_id", 100))).isEqualTo(150);
    assertThat(orders.estimatedDocumentCount()).isEqualTo(250);
    assertThat(orders.distinct("even", Boolean.class).into(new ArrayList<>()))
        .containsExactly(true, false);
  }

  @Test
  void writesUpsertReplaceAndReturnWhatTheyDid() {
    orders.updateOne(Filters.eq(1), Updates.set("a", 1), new UpdateOptions().upsert(true));
    orders.replaceOne(Filters.eq(2), new Document("b", 1), new ReplaceOptions().upsert(true));
    assertThat(
            orders.findOneAndUpdate(
                Filters.eq(1),
                Updates.combine(Updates.unset("a"), Updates.push("list", 5)),
                new FindOneAndUpdateOptions().returnDocument(ReturnDocument.AFTER)))
        .isEqualTo(new Document("_id", 1).append("list", List.of(5)));
    assertThat(orders.updateMany(Filters.exists("_id"), Updates.inc("n", 1)).getModifiedCount())
        .isEqualTo(2);
    assertThat(orders.deleteMany(Filters.exists("_id")).getDeletedCount()).isEqualTo(2);
  }

  @Test
  void aDuplicateKeyIs11000() {
    orders.insertOne(new Document("_id", 1));

    assertThatThrownBy(() -> orders.insertOne(new Document("_id", 1L)))
        .isInstanceOfSatisfying(
            MongoWriteException.class, e -> assertThat(e.getCode()).isEqualTo(11000));
  }

  @Test
  void collectionsAreMadeListedRenamedAndDropped() {
    shop.createCollection(
        "images",
        new CreateCollectionOptions()
            .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true)));
    orders.insertOne(new Document("_id", 1));
    orders.createIndex(new Document("a", 1));
    shop.runCommand(
        new Document("collMod", "orders")
            .append("changeStreamPreAndPostImages", new Document("enabled", true)));
    orders.renameCollection(
        new MongoNamespace("shop.archive"), new RenameCollectionOptions().dropTarget(true));

    assertThat(shop.listCollectionNames()).containsExactlyInAnyOrder("images", "archive");
    assertThat(shop.getCollection("archive").countDocuments()).isEqualTo(1);
    assertThat(client.listDatabaseNames()).contains("shop");

    shop.getCollection("images").drop();
    shop.drop();
    assertThat(shop.listCollectionNames()).isEmpty();
  }

  @Test
  void aTransactionsEventsHaveOneTime() {
    orders.insertOne(new Document("_id", 0));
    try (MongoCursor<ChangeStreamDocument<Document>> stream = orders.watch().cursor();
        ClientSession session = client.startSession()) {
      session.withTransaction(() -> {
        orders.insertOne(session, new Document("_id", 1));
        orders.updateOne(session, Filters.eq(0), Updates.set("a", 1));
        return orders.deleteOne(session, Filters.eq(1));
      });

      ChangeStreamDocument<Document> first = stream.next();
      assertThat(first.getTxnNumber()).isNotNull();
      assertThat(List.of(stream.next(), stream.next()))
          .extracting(ChangeStreamDocument::getClusterTime)
          .containsOnly(first.getClusterTime());
    }
  }

  @Test
  void anAbortedTransactionLeavesNothing() {
    orders.insertOne(new Document("_id", 0));
    long written = simulator.currentTime().getValue();
    try (ClientSession session = client.startSession()) {
      session.startTransaction();
      orders.insertOne(session, new Document("_id", 1));
      orders.updateOne(session, Filters.eq(0), Updates.set("a", 1));
      orders.deleteOne(session, Filters.eq(0));
      session.abortTransaction();
    }

    assertThat(orders.find().into(new ArrayList<>())).containsExactly(new Document("_id", 0));
    assertThat(simulator.currentTime().getValue()).isEqualTo(written);
  }

  @Test
  void aRetriedWriteIsDoneOnce() {
    orders.insertOne(new Document("_id", 0).append("n", 0));
    simulator.faults().fail("update", 1, FaultSpec.error(189, "RetryableWriteError"));

    orders.updateOne(Filters.eq(0), Updates.inc("n", 1));

    assertThat(orders.find().first()).isEqualTo(new Document("_id", 0).append("n", 1));
    assertThat(simulator.count("update")).isEqualTo(2);
  }

  @Test
  void theServerReportsItsVersionAndState() {
    Document build = client.getDatabase("admin").runCommand(new Document("buildInfo", 1));
    Document status = client.getDatabase("admin").runCommand(new Document("replSetGetStatus", 1));

    assertThat(build.getString("version")).startsWith("7.0");
    assertThat(status.getString("set")).isEqualTo("rs0");
    assertThat(client.getDatabase("admin").runCommand(new Document("serverStatus", 1)))
        .containsKey("version");
    client
        .getDatabase("admin")
        .runCommand(new Document("replSetStepDown", 1).append("force", true));
    orders.insertOne(new Document("_id", 1));
  }

  @Test
  void aMalformedCommandIsAnErrorAndNoMore() {
    assertThatThrownBy(() -> shop.runCommand(new Document("getMore", "x")))
        .isInstanceOfSatisfying(
            MongoCommandException.class, e -> assertThat(e.getErrorCode()).isEqualTo(14));
    assertThat(shop.runCommand(new Document("ping", 1)).getDouble("ok")).isEqualTo(1);
  }
}
