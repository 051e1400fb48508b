package dev.perennial.simulators.mongo;

import static dev.perennial.simulators.mongo.MongoFixture.ORDERS;
import static dev.perennial.simulators.mongo.MongoFixture.OTHER;
import static dev.perennial.simulators.mongo.MongoFixture.at;
import static dev.perennial.simulators.mongo.MongoFixture.doc;
import static dev.perennial.simulators.mongo.MongoFixture.insert;
import static dev.perennial.simulators.mongo.MongoFixture.plusOne;
import static dev.perennial.simulators.mongo.RawMongo.hex;
import static dev.perennial.simulators.mongo.RawMongo.startAfter;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.simulators.mongo.changes.ResumeToken;
import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.storage.ChangeKind;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.DocumentChange;
import dev.perennial.simulators.mongo.storage.Namespace;
import dev.perennial.simulators.mongo.storage.OplogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonTimestamp;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers and tokens, as measured on 4.4.1, and what later versions do otherwise. */
@Timeout(60)
class TokenFactsTest {

  private final ReplicaSetSimulator simulator = MongoFixture.version(9);
  private final RawMongo mongo = new RawMongo(simulator);

  @AfterEach
  void close() {
    mongo.close();
    simulator.close();
  }

  @Test
  void aReplyHasTheCursorAndTheTimesAtTheTopLevel() {
    BsonDocument reply = mongo.watch(ORDERS, "{}").reply();

    assertThat(reply.keySet()).containsExactly("cursor", "ok", "$clusterTime", "operationTime");
    assertThat(reply.getDocument("cursor").keySet())
        .containsExactly("firstBatch", "postBatchResumeToken", "id", "ns");
    assertThat(reply.getDocument("cursor").getString("ns").getValue()).isEqualTo(ORDERS);
    assertThat(reply.getTimestamp("operationTime")).isEqualTo(simulator.currentTime());
  }

  @Test
  void pingCarriesTheOperationTime() {
    BsonTimestamp written = insert(simulator, ORDERS, 1);

    assertThat(mongo.run("admin", "{ping: 1}").getTimestamp("operationTime")).isEqualTo(written);
  }

  @Test
  void aStreamWithoutAStartHasTheTimeAfterTheLastWriteAsItsFirstToken() {
    BsonTimestamp written = insert(simulator, ORDERS, 1);

    assertThat(mongo.watch(ORDERS, "{}").postBatchHex())
        .isEqualTo(ResumeToken.highWater(plusOne(written), 1).hex());
  }

  @Test
  void startAtOperationTimeIsInclusiveAndOneMoreExcludesTheLastWrite() {
    BsonTimestamp written = insert(simulator, ORDERS, 1);

    assertThat(mongo.watch(ORDERS, at(written)).events()).hasSize(1);
    assertThat(mongo.watch(ORDERS, at(plusOne(written))).events()).isEmpty();
  }

  @Test
  void aHighWaterTokenIsThirtyCharactersBelow61AndHasNoUuidAbove() {
    assertThat(ResumeToken.highWater(new BsonTimestamp(0x5fc8b0a1, 7), 1).hex())
        .isEqualTo("825FC8B0A1000000072B0229296E04");
    // The manual's example.
    assertThat(ResumeToken.highWater(new BsonTimestamp(0x63515eac, 2), 2).hex())
        .isEqualTo("8263515EAC000000022B0429296E1404");
  }

  @Test
  void anEventsTokenHas88To96Characters() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    for (int id : List.of(0, 1, 200, 100_000)) {
      insert(simulator, ORDERS, id);
    }

    stream.more();

    for (int i = 0; i < 4; i++) {
      assertThat(hex(stream.token(i)))
          .hasSizeBetween(88, 96)
          .startsWith("82")
          .contains("296E5A1004");
    }
  }

  @Test
  void anEventsTokenIsTheOneOfARealServer() {
    // Two that real servers made of an insert: version 1, and version 2 from MongoDB's manual.
    assertThat(token("bdb3105c-b8b4-4265-bb70-4e58e8ea8b04", "5e8db54ff368d1bc67abe7ae", 1))
        .isEqualTo(
            "825E8DB54F000000012B022C0100296E5A1004BDB3105CB8B44265BB704E58E8EA8B0446645F69640064"
                + "5E8DB54FF368D1BC67ABE7AE0004");
    assertThat(token("ab1154ac-acd8-49a4-8c61-756d70d3b21f", "635019a078be67426d7cf4d2", 2))
        .isEqualTo(
            "82635019A0000000012B042C0100296E5A1004AB1154ACACD849A48C61756D70D3B21F463C6F70657261"
                + "74696F6E54797065003C696E736572740046646F63756D656E744B65790046645F69640064635019A0"
                + "78BE67426D7CF4D2000004");
  }

  private static String token(String uuid, String id, int version) {
    ObjectId objectId = new ObjectId(id);
    BsonDocument document = new BsonDocument("_id", new BsonObjectId(objectId));
    CollectionState collection =
        new CollectionState(Namespace.parse(ORDERS), UUID.fromString(uuid), false);
    BsonTimestamp time = new BsonTimestamp(objectId.getTimestamp(), 1);
    Change change =
        Change.ofDocument(
            ChangeKind.INSERT,
            collection,
            new DocumentChange(document, null, document, null, false));
    return ResumeToken.of(new OplogEntry(time, 0, change, 0, null), version, false).hex();
  }

  @Test
  void from61ATokenNamesTheOperation() {
    try (ReplicaSetSimulator newer = MongoFixture.version(21);
        RawMongo client = new RawMongo(newer)) {
      RawMongo.Stream stream = client.watch(ORDERS, "{}");
      insert(newer, ORDERS, 1);

      // 2B04: version 2; 463C...: an object with operationType "insert" and the document key
      assertThat(hex(stream.more().token(0)))
          .contains("2B042C0100296E5A1004")
          .contains("463C6F7065726174696F6E54797065003C696E736572740046646F63756D656E744B65790046");
    }
  }

  @Test
  void afterPartOfABatchTheTokenIsTheLastReturnedEvents() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    for (int i = 0; i < 5; i++) {
      insert(simulator, ORDERS, i);
    }

    stream.moreOf(2);

    assertThat(stream.events()).hasSize(2);
    assertThat(stream.postBatch()).isEqualTo(stream.token(1));
  }

  @Test
  void anIdleStreamKeepsTheEventsTokenUntilANoop() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    insert(simulator, ORDERS, 1);
    BsonDocument event = stream.more().token(0);

    assertThat(stream.postBatch()).isEqualTo(event);
    assertThat(stream.more().postBatch()).isEqualTo(event);

    BsonTimestamp noop = simulator.noop();
    assertThat(stream.more().postBatchHex()).isEqualTo(ResumeToken.highWater(noop, 1).hex());
  }

  @Test
  void otherCollectionsWritesMoveTheTokenOn() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    BsonTimestamp other = insert(simulator, OTHER, 1);

    assertThat(stream.more().postBatchHex()).isEqualTo(ResumeToken.highWater(other, 1).hex());
  }

  @Test
  void filteredEventsMoveTheTokenOn() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}", "{$match: {operationType: 'delete'}}");
    BsonTimestamp filtered = insert(simulator, ORDERS, 1);

    assertThat(stream.more().postBatchHex()).isEqualTo(ResumeToken.highWater(filtered, 1).hex());
  }

  @Test
  void aTransactionHasOneTimeAndATokenForEachOperation() {
    List<Write> writes = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      writes.add(new Write.Insert(ORDERS, doc(i)));
    }
    BsonTimestamp time = simulator.transaction(writes);

    RawMongo.Stream whole = mongo.watch(ORDERS, at(time));
    List<BsonDocument> events = new ArrayList<>(whole.events());
    events.addAll(whole.more().events());

    assertThat(events).hasSize(1_000);
    assertThat(events).extracting(event -> event.getTimestamp("clusterTime")).containsOnly(time);
    assertThat(events).extracting(event -> hex(event.getDocument("_id"))).doesNotHaveDuplicates();

    RawMongo.Stream rest = mongo.watch(ORDERS, startAfter(events.get(499).getDocument("_id")));
    List<BsonDocument> other = new ArrayList<>(rest.events());
    other.addAll(rest.more().events());
    assertThat(other).isEqualTo(events.subList(500, 1_000));
  }

  @Test
  void anEmptyGetMoreLastsMaxTimeMSAndOtherCollectionsDoNotWakeIt() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    long begin = System.nanoTime();
    stream.send(300);
    insert(simulator, OTHER, 1);

    assertThat(stream.got().events()).isEmpty();
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(300_000_000L);
  }

  @Test
  void anEventWakesAGetMoreThatWaits() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    long begin = System.nanoTime();
    stream.send(30_000);
    insert(simulator, ORDERS, 1);

    assertThat(stream.got().events()).hasSize(1);
    assertThat(System.nanoTime() - begin).isLessThan(25_000_000_000L);
  }
}
