package dev.perennial.simulators.mongo;

import static dev.perennial.simulators.mongo.MongoFixture.ORDERS;
import static dev.perennial.simulators.mongo.MongoFixture.OTHER;
import static dev.perennial.simulators.mongo.MongoFixture.at;
import static dev.perennial.simulators.mongo.MongoFixture.insert;
import static dev.perennial.simulators.mongo.MongoFixture.plusOne;
import static dev.perennial.simulators.mongo.RawMongo.hex;
import static dev.perennial.simulators.mongo.RawMongo.startAfter;
import static org.assertj.core.api.Assertions.assertThat;

import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Invalidate events, as measured on 4.4.1. */
@Timeout(60)
class InvalidateFactsTest {

  private static final String NO_INVALIDATE = "{$match: {operationType: {$ne: 'invalidate'}}}";

  private final ReplicaSetSimulator simulator = MongoFixture.version(9);
  private final RawMongo mongo = new RawMongo(simulator);
  private BsonTimestamp first = simulator.currentTime();

  @BeforeEach
  void write() {
    first = insert(simulator, ORDERS, 1);
    insert(simulator, OTHER, 1);
  }

  @AfterEach
  void close() {
    mongo.close();
    simulator.close();
  }

  @Test
  void dropAndInvalidateShareTheTimeAndDifferInOneFlag() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    BsonTimestamp time = simulator.drop(ORDERS);

    stream.more();

    assertThat(stream.types()).containsExactly("drop", "invalidate");
    assertThat(stream.event(0).getTimestamp("clusterTime")).isEqualTo(time);
    assertThat(stream.event(1).getTimestamp("clusterTime")).isEqualTo(time);
    assertThat(hex(stream.token(1)))
        .isEqualTo(hex(stream.token(0)).replace("296E5A", "296F5A"))
        .isNotEqualTo(hex(stream.token(0)));
    assertThat(stream.id()).isZero();
    assertThat(stream.more().code()).isEqualTo(43);
  }

  @Test
  void startAfterAnInvalidateWorksAndShowsTheCollectionMadeAgain() {
    BsonDocument invalidate = dropped().token(1);
    insert(simulator, ORDERS, 2);

    RawMongo.Stream stream = mongo.watch(ORDERS, startAfter(invalidate));

    assertThat(stream.types()).containsExactly("insert");
    assertThat(stream.id()).isNotZero();
  }

  @Test
  void startAfterAnInvalidateWorksWhenNothingCameSince() {
    RawMongo.Stream stream = mongo.watch(ORDERS, startAfter(dropped().token(1)));

    assertThat(stream.events()).isEmpty();
    assertThat(stream.id()).isNotZero();
    insert(simulator, ORDERS, 2);
    assertThat(stream.more().types()).containsExactly("insert");
  }

  @Test
  void startAfterAnInvalidateWorksForADatabase() {
    RawMongo.Stream before = mongo.watch("shop", "{}");
    simulator.dropDatabase("shop");
    BsonDocument invalidate = before.more().token(3);
    insert(simulator, ORDERS, 2);

    assertThat(mongo.watch("shop", startAfter(invalidate)).types()).containsExactly("insert");
  }

  @Test
  void aCollectionStreamIsNotShownTheDropOfTheDatabaseAfterItsInvalidate() {
    RawMongo.Stream before = mongo.watch(ORDERS, "{}");
    simulator.dropDatabase("shop");

    RawMongo.Stream again = mongo.watch(ORDERS, startAfter(before.more().token(1)));

    assertThat(again.events()).isEmpty();
    assertThat(again.id()).isNotZero();
  }

  @Test
  void resumeAfterAnInvalidateIs260() {
    BsonDocument invalidate = dropped().token(1);

    assertThat(mongo.watch(ORDERS, "{resumeAfter: " + invalidate.toJson() + "}").code())
        .isEqualTo(260);
  }

  @Test
  void startAfterTheDropGivesTheInvalidateAgain() {
    RawMongo.Stream stream = mongo.watch(ORDERS, startAfter(dropped().token(0)));

    assertThat(stream.types()).containsExactly("invalidate");
    assertThat(stream.id()).isZero();
  }

  @Test
  void startingAtTheTimeGivesBothAgainAndOneMoreStepsOver() {
    BsonTimestamp time = dropped().event(0).getTimestamp("clusterTime");

    assertThat(mongo.watch(ORDERS, at(time)).types()).containsExactly("drop", "invalidate");
    RawMongo.Stream over = mongo.watch(ORDERS, at(plusOne(time)));
    assertThat(over.events()).isEmpty();
    assertThat(over.id()).isNotZero();
  }

  @Test
  void aRenameHasItsTargetAndInvalidates() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    RawMongo.Stream target = mongo.watch("shop.archive", "{}");
    simulator.rename(ORDERS, "shop.archive");

    assertThat(stream.more().types()).containsExactly("rename", "invalidate");
    assertThat(stream.event(0).getDocument("to"))
        .isEqualTo(BsonDocument.parse("{db: 'shop', coll: 'archive'}"));
    assertThat(target.more().types()).containsExactly("rename", "invalidate");
  }

  @Test
  void dropDatabaseIsSeenByEachScopeInItsWay() {
    RawMongo.Stream collection = mongo.watch(ORDERS, "{}");
    RawMongo.Stream database = mongo.watch("shop", "{}");
    RawMongo.Stream cluster = mongo.watch("admin", "{allChangesForCluster: true}");
    simulator.dropDatabase("shop");

    assertThat(collection.more().types()).containsExactly("drop", "invalidate");
    assertThat(database.more().types())
        .containsExactly("drop", "drop", "dropDatabase", "invalidate");
    assertThat(cluster.more().types()).containsExactly("drop", "drop", "dropDatabase");
    assertThat(cluster.id()).isNotZero();
  }

  @Test
  void aDatabaseStreamOutlivesADropAndARename() {
    RawMongo.Stream database = mongo.watch("shop", "{}");
    simulator.rename(ORDERS, "shop.archive");
    simulator.drop(OTHER);

    assertThat(database.more().types()).containsExactly("rename", "drop");
    assertThat(database.id()).isNotZero();
  }

  @Test
  void aHiddenInvalidateEndsTheCursorWithoutATokenBelow50() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}", NO_INVALIDATE);
    simulator.drop(ORDERS);

    stream.more();

    assertThat(stream.types()).containsExactly("drop");
    assertThat(stream.id()).isZero();
    assertThat(stream.hasPostBatch()).isFalse();
    assertThat(stream.more().code()).isEqualTo(43);
  }

  @Test
  void aHiddenInvalidateEndsTheCursorWithItsTokenFrom50() {
    try (ReplicaSetSimulator newer = MongoFixture.version(13);
        RawMongo client = new RawMongo(newer)) {
      insert(newer, ORDERS, 1);
      RawMongo.Stream hidden = client.watch(ORDERS, "{}", "{$match: {operationType: 'insert'}}");
      RawMongo.Stream shown = client.watch(ORDERS, "{}");
      newer.drop(ORDERS);

      assertThat(hidden.more().events()).isEmpty();
      assertThat(hidden.id()).isZero();
      assertThat(hidden.postBatch()).isEqualTo(shown.more().token(1));
    }
  }

  @Test
  void reopeningAfterAHiddenInvalidateEndsAtOnceAgain() {
    BsonDocument before = mongo.watch(ORDERS, at(first)).token(0);
    simulator.drop(ORDERS);

    for (int i = 0; i < 3; i++) {
      RawMongo.Stream again =
          mongo.watch(ORDERS, startAfter(before), "{$match: {operationType: 'insert'}}");
      assertThat(again.events()).isEmpty();
      assertThat(again.id()).isZero();
    }
  }

  @Test
  void theRemedyForAHiddenInvalidateFindsItsToken() {
    BsonDocument before = mongo.watch(ORDERS, at(first)).token(0);
    simulator.drop(ORDERS);
    insert(simulator, ORDERS, 2);

    RawMongo.Stream remedy =
        mongo.watch(ORDERS, startAfter(before), "{$match: {operationType: 'invalidate'}}");

    assertThat(remedy.types()).containsExactly("invalidate");
    assertThat(
            mongo
                .watch(ORDERS, startAfter(remedy.token(0)), "{$match: {operationType: 'insert'}}")
                .types())
        .containsExactly("insert");
  }

  private RawMongo.Stream dropped() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.drop(ORDERS);
    return stream.more();
  }
}
