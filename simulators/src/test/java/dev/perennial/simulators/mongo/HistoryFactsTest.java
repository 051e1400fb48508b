package dev.perennial.simulators.mongo;

import static dev.perennial.simulators.mongo.MongoFixture.ORDERS;
import static dev.perennial.simulators.mongo.MongoFixture.OTHER;
import static dev.perennial.simulators.mongo.MongoFixture.at;
import static dev.perennial.simulators.mongo.MongoFixture.insert;
import static dev.perennial.simulators.mongo.RawMongo.startAfter;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.simulators.mongo.changes.ResumeToken;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An oplog that no longer reaches back far enough. */
@Timeout(60)
class HistoryFactsTest {

  @ParameterizedTest
  @ValueSource(ints = {9, 13, 21})
  void aTimeBeforeTheOplogIs286AtOnce(int version) {
    try (ReplicaSetSimulator simulator = MongoFixture.version(version);
        RawMongo mongo = new RawMongo(simulator)) {
      BsonTimestamp lost = insert(simulator, ORDERS, 1);
      simulator.faults().truncateOplog(insert(simulator, ORDERS, 2));

      RawMongo.Stream stream = mongo.watch(ORDERS, at(lost));
      assertThat(stream.code()).isEqualTo(286);
      assertThat(stream.labels()).containsExactly("NonResumableChangeStreamError");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 13, 21})
  void aHighWaterTokenBeforeTheOplogIs286AtOnce(int version) {
    try (ReplicaSetSimulator simulator = MongoFixture.version(version);
        RawMongo mongo = new RawMongo(simulator)) {
      BsonDocument lost = mongo.watch(ORDERS, "{}").postBatch();
      insert(simulator, ORDERS, 1);
      simulator.faults().truncateOplog(insert(simulator, ORDERS, 2));

      assertThat(mongo.watch(ORDERS, startAfter(lost)).code()).isEqualTo(286);
    }
  }

  @Test
  void aTimeBeforeAFreshOplogIsFine() {
    try (ReplicaSetSimulator simulator = MongoFixture.version(9);
        RawMongo mongo = new RawMongo(simulator)) {
      insert(simulator, ORDERS, 1);

      assertThat(mongo.watch(ORDERS, at(new BsonTimestamp(1_000_000, 1))).types())
          .containsExactly("insert");
    }
  }

  @Test
  void below50AnEventTokenBeforeTheOplogOpensAndShowsNothing() {
    try (ReplicaSetSimulator simulator = MongoFixture.version(9);
        RawMongo mongo = new RawMongo(simulator)) {
      BsonDocument lost = firstToken(simulator, mongo);
      BsonTimestamp now = insert(simulator, OTHER, 2);
      simulator.faults().truncateOplog(now);

      RawMongo.Stream stream = mongo.watch(ORDERS, startAfter(lost));

      assertThat(stream.events()).isEmpty();
      assertThat(stream.postBatchHex()).isEqualTo(ResumeToken.highWater(now, 1).hex());
      assertThat(stream.more().events()).isEmpty();

      insert(simulator, ORDERS, 3);
      assertThat(stream.more().code()).isEqualTo(280);
      assertThat(stream.reply().getString("errmsg").getValue())
          .contains("resume token was not found");
      assertThat(stream.more().code()).isEqualTo(43);
    }
  }

  @Test
  void below50AnEventTokenBeforeTheOplogIs280AtOnceWhereALaterEventExists() {
    try (ReplicaSetSimulator simulator = MongoFixture.version(9);
        RawMongo mongo = new RawMongo(simulator)) {
      BsonDocument lost = firstToken(simulator, mongo);
      simulator.faults().truncateOplog(insert(simulator, ORDERS, 2));

      assertThat(mongo.watch(ORDERS, startAfter(lost)).code()).isEqualTo(280);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 17, 21})
  void from50TheScanRaises286ForAnEventToken(int version) {
    try (ReplicaSetSimulator simulator = MongoFixture.version(version);
        RawMongo mongo = new RawMongo(simulator)) {
      BsonDocument lost = firstToken(simulator, mongo);
      simulator.faults().truncateOplog(insert(simulator, OTHER, 2));

      assertThat(mongo.watch(ORDERS, startAfter(lost)).code()).isEqualTo(286);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 21})
  void aTokenOfAnotherClusterIsNoticedAtTheFirstLaterEvent(int version) {
    try (ReplicaSetSimulator simulator = MongoFixture.version(version);
        RawMongo mongo = new RawMongo(simulator)) {
      String hex = RawMongo.hex(firstToken(simulator, mongo));
      String before = hex.replaceFirst("(5A1004)........", "$100000000");
      String behind = hex.replaceFirst("(5A1004)........", "$1FFFFFFFF");

      // The event at that time has another UUID. If its token sorts later, the place is passed.
      assertThat(mongo.watch(ORDERS, "{startAfter: {_data: '" + before + "'}}").code())
          .isEqualTo(280);
      RawMongo.Stream stream = mongo.watch(ORDERS, "{startAfter: {_data: '" + behind + "'}}");
      assertThat(stream.events()).isEmpty();
      insert(simulator, ORDERS, 2);
      assertThat(stream.more().code()).isEqualTo(280);
    }
  }

  @Test
  void below50AChangedMatchPassesAndFrom50ItHidesTheResumePoint() {
    for (int version : new int[] {9, 13}) {
      try (ReplicaSetSimulator simulator = MongoFixture.version(version);
          RawMongo mongo = new RawMongo(simulator)) {
        BsonDocument token = firstToken(simulator, mongo);
        RawMongo.Stream stream =
            mongo.watch(ORDERS, startAfter(token), "{$match: {'fullDocument._id': {$gt: 5}}}");
        assertThat(stream.events()).isEmpty();
        insert(simulator, ORDERS, 7);

        stream.more();

        assertThat(stream.code()).isEqualTo(version == 9 ? 0 : 280);
      }
    }
  }

  @Test
  void aLiveCursorThatTheOplogOvertakesGets136WithoutALabel() {
    try (ReplicaSetSimulator simulator = MongoFixture.version(9);
        RawMongo mongo = new RawMongo(simulator)) {
      RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
      insert(simulator, ORDERS, 1);
      insert(simulator, ORDERS, 2);
      simulator.faults().truncateOplog(simulator.currentTime());

      assertThat(stream.more().code()).isEqualTo(136);
      assertThat(stream.labels()).isEmpty();
      assertThat(stream.more().code()).isEqualTo(43);
    }
  }

  @Test
  void aLiveCursorThatLostOnlyItsLastEntryGets136Too() {
    try (ReplicaSetSimulator simulator = MongoFixture.version(9);
        RawMongo mongo = new RawMongo(simulator)) {
      RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
      insert(simulator, ORDERS, 1);
      assertThat(stream.more().types()).containsExactly("insert");
      insert(simulator, ORDERS, 2);
      simulator.faults().truncateOplog(simulator.currentTime());

      assertThat(stream.more().code()).isEqualTo(136);
    }
  }

  @Test
  void aCursorWhoseLastEntryIsTheOldestIsNotOvertaken() {
    try (ReplicaSetSimulator simulator = MongoFixture.version(9);
        RawMongo mongo = new RawMongo(simulator)) {
      RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
      BsonTimestamp last = insert(simulator, ORDERS, 1);
      assertThat(stream.more().types()).containsExactly("insert");
      simulator.faults().truncateOplog(last);
      insert(simulator, ORDERS, 2);

      assertThat(stream.more().types()).containsExactly("insert");
    }
  }

  @Test
  void laterReleasesOf44Raise286ForAnEventTokenToo() {
    try (ReplicaSetSimulator simulator =
            ReplicaSetSimulator.builder().wireVersion(9).scanChecksStart().start();
        RawMongo mongo = new RawMongo(simulator)) {
      BsonDocument lost = firstToken(simulator, mongo);
      simulator.faults().truncateOplog(insert(simulator, OTHER, 2));

      assertThat(mongo.watch(ORDERS, startAfter(lost)).code()).isEqualTo(286);
    }
  }

  @Test
  void anOplogWithALimitForgetsTheOldest() {
    try (ReplicaSetSimulator simulator = ReplicaSetSimulator.builder().oplogLimit(100).start();
        RawMongo mongo = new RawMongo(simulator)) {
      BsonTimestamp lost = insert(simulator, ORDERS, 0);
      for (int i = 1; i < 10_000; i++) {
        insert(simulator, ORDERS, i);
      }

      assertThat(mongo.watch(ORDERS, at(lost)).code()).isEqualTo(286);
      assertThat(mongo.watch(ORDERS, at(simulator.oldestTime())).events()).hasSize(100);
    }
  }

  private static BsonDocument firstToken(ReplicaSetSimulator simulator, RawMongo mongo) {
    BsonTimestamp time = insert(simulator, ORDERS, 1);
    return mongo.watch(ORDERS, at(time)).token(0);
  }
}
