package dev.perennial.simulators.mongo;

import static dev.perennial.simulators.mongo.MongoFixture.ORDERS;
import static dev.perennial.simulators.mongo.MongoFixture.at;
import static dev.perennial.simulators.mongo.MongoFixture.insert;
import static dev.perennial.simulators.mongo.RawMongo.hex;
import static dev.perennial.simulators.mongo.RawMongo.startAfter;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which error answers which mistake, as measured on 4.4.1. */
@Timeout(60)
class CodeFactsTest {

  private final ReplicaSetSimulator simulator = MongoFixture.version(9);
  private final RawMongo mongo = new RawMongo(simulator);
  private BsonTimestamp time = simulator.currentTime();

  @BeforeEach
  void write() {
    time = insert(simulator, ORDERS, 1);
  }

  @AfterEach
  void close() {
    mongo.close();
    simulator.close();
  }

  private int watch(String options, String... stages) {
    return mongo.watch(ORDERS, options, stages).code();
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz", "826", "nothing of the kind"})
  void badHexIs9(String hex) {
    assertThat(watch("{startAfter: {_data: '" + hex + "'}}")).isEqualTo(9);
  }

  @Test
  void missingDataIs40647() {
    assertThat(watch("{startAfter: {a: 1}}")).isEqualTo(40647);
    assertThat(watch("{resumeAfter: {_data: 1}}")).isEqualTo(40647);
  }

  @Test
  void oneOfTwoGetMoresOfACursorIs143() {
    String getMore =
        "{getMore: {$numberLong: '"
            + mongo.watch(ORDERS, "{}").cursor()
            + "'}, collection: 'orders', maxTimeMS: 20000}";
    // Both at once, however many threads the machine has for such things.
    Executor alone = task -> new Thread(task).start();
    try (RawMongo other = new RawMongo(simulator)) {
      CompletableFuture<BsonDocument> one =
          CompletableFuture.supplyAsync(() -> mongo.run("shop", getMore), alone);
      CompletableFuture<BsonDocument> two =
          CompletableFuture.supplyAsync(() -> other.run("shop", getMore), alone);

      BsonDocument refused = (BsonDocument) CompletableFuture.anyOf(one, two).join();
      insert(simulator, ORDERS, 2);

      assertThat(refused.getString("codeName").getValue()).isEqualTo("CursorInUse");
      assertThat(refused.getInt32("code").getValue()).isEqualTo(143);
      assertThat(one.join().getNumber("ok").intValue() + two.join().getNumber("ok").intValue())
          .isEqualTo(1);
    }
  }

  @Test
  void aTruncatedTokenIs15() {
    String whole = hex(mongo.watch(ORDERS, at(time)).token(0));

    for (int length = 2; length < whole.length() - 2; length += 2) {
      assertThat(watch("{startAfter: {_data: '" + whole.substring(0, length) + "'}}"))
          .as("the first %d of %d characters", length, whole.length())
          .isEqualTo(15);
    }
  }

  @Test
  void aTokenThatIsNoDocumentIs14() {
    assertThat(watch("{startAfter: 'abc'}")).isEqualTo(14);
  }

  @Test
  void twoStartOptionsAre50865And40674() {
    String token = mongo.watch(ORDERS, "{}").postBatch().toJson();

    assertThat(watch("{startAfter: " + token + ", resumeAfter: " + token + "}")).isEqualTo(50865);
    assertThat(
            watch(
                "{startAfter: "
                    + token
                    + ", startAtOperationTime: {$timestamp: {t: 1600000000, i: 1}}}"))
        .isEqualTo(40674);
  }

  @Test
  void anUnknownFullDocumentIs40575() {
    assertThat(watch("{fullDocument: 'sometimes'}")).isEqualTo(40575);
    assertThat(watch("{fullDocument: 'whenAvailable'}")).isEqualTo(40575);
  }

  @Test
  void anUnknownOptionIs40415() {
    assertThat(watch("{fullDocuments: 'default'}")).isEqualTo(40415);
    assertThat(watch("{showExpandedEvents: true}")).isEqualTo(40415);
  }

  @Test
  void anUnknownStageIs40324() {
    assertThat(watch("{}", "{$mach: {}}")).isEqualTo(40324);
    assertThat(watch("{}", "{$changeStreamSplitLargeEvent: {}}")).isEqualTo(40324);
  }

  @ParameterizedTest
  @ValueSource(strings = {"$out: 'a'", "$group: {_id: 1}", "$sort: {a: 1}"})
  void stagesThatDoNotBelongAre20(String stage) {
    assertThat(watch("{}", "{" + stage + "}")).isEqualTo(20);
  }

  @Test
  void aClusterStreamOutsideAdminIs72() {
    assertThat(mongo.watch("shop", "{allChangesForCluster: true}").code()).isEqualTo(72);
    assertThat(mongo.watch("admin.a", "{allChangesForCluster: true}").code()).isEqualTo(72);
  }

  @Test
  void aLocalReadConcernIs72() {
    BsonDocument reply =
        mongo.run(
            "shop",
            "{aggregate: 'orders', pipeline: [{$changeStream: {}}], cursor: {}, readConcern:"
                + " {level: 'local'}}");

    assertThat(reply.getInt32("code").getValue()).isEqualTo(72);
  }

  @Test
  void aViewIs166() {
    simulator.createView("shop.view", "orders");

    assertThat(mongo.watch("shop.view", "{}").code()).isEqualTo(166);
  }

  @ParameterizedTest
  @ValueSource(strings = {"admin", "local", "config", "local.oplog.rs", "shop.system.views"})
  void internalNamespacesAre73(String namespace) {
    assertThat(mongo.watch(namespace, "{}").code()).isEqualTo(73);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$project: {_id: 0}",
        "$project: {'_id._data': 0}",
        "$unset: '_id'",
        "$addFields: {_id: 1}",
        "$set: {'_id._data': 'x'}"
      })
  void projectingTheIdOutIs280AtOpen(String stage) {
    assertThat(watch("{}", "{" + stage + "}")).isEqualTo(280);
  }

  @Test
  void replacingTheWholeEventIs280AtItsFirstEvent() {
    RawMongo.Stream stream =
        mongo.watch(ORDERS, "{}", "{$replaceRoot: {newRoot: '$fullDocument'}}");
    insert(simulator, ORDERS, 2);

    assertThat(stream.more().code()).isEqualTo(280);
  }

  @Test
  void missingCollectionsAndDatabasesCanBeWatched() {
    assertThat(mongo.watch("nowhere.nothing", "{}").ok()).isTrue();
    assertThat(mongo.watch("nowhere", "{}").ok()).isTrue();
  }

  @Test
  void aCollectionStreamRefusesATokenWithoutAUuid() {
    RawMongo.Stream cluster = mongo.watch("admin", "{allChangesForCluster: true}");
    simulator.dropDatabase("shop");
    BsonDocument token = cluster.more().token(1);

    assertThat(mongo.watch(ORDERS, startAfter(token)).code()).isEqualTo(260);
  }

  @Test
  void aStandaloneServerIs40573() {
    try (ReplicaSetSimulator standalone = ReplicaSetSimulator.builder().standalone().start();
        RawMongo client = new RawMongo(standalone)) {
      assertThat(client.watch(ORDERS, "{}").code()).isEqualTo(40573);
      assertThat(client.run("admin", "{hello: 1}").keySet()).doesNotContain("setName", "hosts");
    }
  }

  @Test
  void anUnknownCommandIs59() {
    assertThat(mongo.run("admin", "{fooBar: 1}").getInt32("code").getValue()).isEqualTo(59);
  }

  @Test
  void aRefusedLoginIs18AndWithoutOneCommandsAre13() {
    simulator.faults().refuseCredentials(true);

    assertThat(
            mongo
                .run("admin", "{saslStart: 1, mechanism: 'SCRAM-SHA-256', payload: ''}")
                .getInt32("code")
                .getValue())
        .isEqualTo(18);
    assertThat(watch("{}")).isEqualTo(13);
    assertThat(mongo.run("admin", "{hello: 1}").getDouble("ok").getValue()).isEqualTo(1);
  }

  @Test
  void aForbiddenAggregateIs13() {
    simulator.faults().forbidStreams(true);
    assertThat(watch("{}")).isEqualTo(13);

    simulator.faults().forbidStreams(false);
    assertThat(watch("{}")).isZero();
  }
}
