package dev.perennial.simulators.mongo;

import static dev.perennial.simulators.mongo.MongoFixture.ORDERS;
import static dev.perennial.simulators.mongo.MongoFixture.at;
import static dev.perennial.simulators.mongo.MongoFixture.doc;
import static dev.perennial.simulators.mongo.MongoFixture.id;
import static dev.perennial.simulators.mongo.MongoFixture.insert;
import static dev.perennial.simulators.mongo.RawMongo.hex;
import static dev.perennial.simulators.mongo.RawMongo.startAfter;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What events look like. */
@Timeout(60)
class EventFactsTest {

  private final ReplicaSetSimulator simulator = MongoFixture.version(21);
  private final RawMongo mongo = new RawMongo(simulator);

  @AfterEach
  void close() {
    mongo.close();
    simulator.close();
  }

  @Test
  void anInsertHasItsDocument() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    insert(simulator, ORDERS, 1);

    BsonDocument event = stream.more().event(0);

    assertThat(event.keySet())
        .containsExactly(
            "_id", "operationType", "clusterTime", "wallTime", "fullDocument", "ns", "documentKey");
    assertThat(event.getDocument("ns"))
        .isEqualTo(BsonDocument.parse("{db: 'shop', coll: 'orders'}"));
  }

  @Test
  void below60ThereIsNoWallTime() {
    try (ReplicaSetSimulator older = MongoFixture.version(13);
        RawMongo client = new RawMongo(older)) {
      RawMongo.Stream stream = client.watch(ORDERS, "{}");
      insert(older, ORDERS, 1);

      assertThat(stream.more().event(0).keySet()).doesNotContain("wallTime");
    }
  }

  @Test
  void anUpdateIsDescribed() {
    insert(simulator, ORDERS, 1);
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1, b: [1, 2, 3], 'c.d': 1}"));
    simulator.update(ORDERS, id(1), BsonDocument.parse("{'b.1': 5}"), "a");
    simulator.truncateArray(ORDERS, id(1), "b", 2);

    stream.more();

    assertThat(stream.event(0).getDocument("updateDescription"))
        .isEqualTo(
            BsonDocument.parse(
                "{updatedFields: {a: 1, b: [1, 2, 3], 'c.d': 1}, removedFields: [],"
                    + " truncatedArrays: []}"));
    assertThat(stream.event(1).getDocument("updateDescription").getArray("removedFields"))
        .containsExactly(new BsonString("a"));
    assertThat(stream.event(2).getDocument("updateDescription").getArray("truncatedArrays"))
        .containsExactly(BsonDocument.parse("{field: 'b', newSize: 2}"));
    assertThat(stream.event(0).containsKey("fullDocument")).isFalse();
  }

  @Test
  void anUpdateThatChangesNothingGivesNoEvent() {
    simulator.insert(ORDERS, BsonDocument.parse("{_id: 1, a: 1}"));
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1}"), "missing");

    assertThat(stream.more().events()).isEmpty();
  }

  @Test
  void updateLookupShowsTheDocumentAsItIsNow() {
    insert(simulator, ORDERS, 1);
    RawMongo.Stream stream = mongo.watch(ORDERS, "{fullDocument: 'updateLookup'}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1}"));
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 2}"));

    assertThat(stream.more().events())
        .extracting(event -> event.getDocument("fullDocument"))
        .containsOnly(BsonDocument.parse("{_id: 1, a: 2}"));
  }

  @Test
  void updateLookupOfADeletedDocumentIsNullAndADeleteHasNone() {
    insert(simulator, ORDERS, 1);
    RawMongo.Stream stream = mongo.watch(ORDERS, "{fullDocument: 'updateLookup'}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1}"));
    simulator.delete(ORDERS, id(1));

    stream.more();

    assertThat(stream.event(0).get("fullDocument")).isEqualTo(BsonNull.VALUE);
    assertThat(stream.event(1).containsKey("fullDocument")).isFalse();
  }

  @Test
  void imagesAreShownIfTheCollectionRecordsThem() {
    simulator.createCollection(ORDERS, true);
    insert(simulator, ORDERS, 1);
    RawMongo.Stream stream =
        mongo.watch(ORDERS, "{fullDocument: 'required', fullDocumentBeforeChange: 'required'}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1}"));
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 2}"));
    simulator.delete(ORDERS, id(1));

    stream.more();

    assertThat(stream.event(0).getDocument("fullDocument"))
        .isEqualTo(BsonDocument.parse("{_id: 1, a: 1}"));
    assertThat(stream.event(0).getDocument("fullDocumentBeforeChange")).isEqualTo(doc(1));
    assertThat(stream.event(2).getDocument("fullDocumentBeforeChange"))
        .isEqualTo(BsonDocument.parse("{_id: 1, a: 2}"));
  }

  @Test
  void imagesThatAreMissingAreNullWhenAvailableAnd47WhenRequired() {
    insert(simulator, ORDERS, 1);
    RawMongo.Stream available =
        mongo.watch(
            ORDERS, "{fullDocument: 'whenAvailable', fullDocumentBeforeChange: 'whenAvailable'}");
    RawMongo.Stream after = mongo.watch(ORDERS, "{fullDocument: 'required'}");
    RawMongo.Stream before = mongo.watch(ORDERS, "{fullDocumentBeforeChange: 'required'}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1}"));

    assertThat(available.more().event(0).get("fullDocument")).isEqualTo(BsonNull.VALUE);
    assertThat(available.event(0).get("fullDocumentBeforeChange")).isEqualTo(BsonNull.VALUE);
    assertThat(after.more().code()).isEqualTo(47);
    assertThat(before.more().code()).isEqualTo(47);
    assertThat(before.more().code()).isEqualTo(43);
  }

  @Test
  void aMissingImageIs47AlsoWhenTheStreamResumes() {
    insert(simulator, ORDERS, 1);
    RawMongo.Stream plain = mongo.watch(ORDERS, "{}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1}"));
    String token = plain.more().token(0).toJson();

    assertThat(mongo.watch(ORDERS, "{fullDocument: 'required', startAfter: " + token + "}").code())
        .isEqualTo(47);
  }

  @Test
  void aDroppedEventNeedsNoImages() {
    insert(simulator, ORDERS, 1);
    RawMongo.Stream stream =
        mongo.watch("shop", "{fullDocument: 'required'}", "{$match: {'ns.coll': 'other'}}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{a: 1}"));

    assertThat(stream.more().events()).isEmpty();
  }

  @Test
  void imagesExpire() {
    simulator.createCollection(ORDERS, true);
    insert(simulator, ORDERS, 1);
    RawMongo.Stream stream = mongo.watch(ORDERS, "{fullDocumentBeforeChange: 'whenAvailable'}");
    BsonTimestamp time = simulator.delete(ORDERS, id(1));
    simulator.faults().expireImages(MongoFixture.plusOne(time));

    assertThat(stream.more().event(0).get("fullDocumentBeforeChange")).isEqualTo(BsonNull.VALUE);
  }

  @Test
  void aReplacementByTheSameIsNoEvent() {
    simulator.insert(ORDERS, BsonDocument.parse("{_id: 1, a: 1, b: 2}"));
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");

    simulator.replace(ORDERS, id(1), BsonDocument.parse("{a: 1, b: 2}"));
    simulator.replace(ORDERS, id(1), BsonDocument.parse("{b: 2, a: 1}"));

    assertThat(stream.more().types()).containsExactly("replace");
    assertThat(stream.event(0).getDocument("fullDocument").toJson())
        .isEqualTo("{\"_id\": 1, \"b\": 2, \"a\": 1}");
  }

  @Test
  void eventsOfATransactionNameIt() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.transaction(
        List.of(
            new Write.Insert(ORDERS, doc(1)),
            new Write.Update(ORDERS, id(1), BsonDocument.parse("{a: 1}"), List.of()),
            new Write.Replace(ORDERS, id(1), BsonDocument.parse("{b: 1}")),
            new Write.Delete(ORDERS, id(1))));

    assertThat(stream.more().types()).containsExactly("insert", "update", "replace", "delete");
    assertThat(stream.events())
        .allSatisfy(event -> assertThat(event).containsKeys("lsid", "txnNumber"));
  }

  @Test
  void expandedEventsAreShownIfAskedFor() {
    RawMongo.Stream plain = mongo.watch("shop", "{}");
    RawMongo.Stream expanded = mongo.watch("shop", "{showExpandedEvents: true}");
    simulator.createCollection(ORDERS, false);
    simulator.createIndex(ORDERS, "a");
    simulator.recordImages(ORDERS, true);
    insert(simulator, ORDERS, 1);
    simulator.rename(ORDERS, "shop.archive");

    assertThat(plain.more().types()).containsExactly("insert", "rename");
    assertThat(plain.event(0).keySet()).doesNotContain("collectionUUID");
    assertThat(expanded.more().types())
        .containsExactly("create", "createIndexes", "modify", "insert", "rename");
    assertThat(expanded.events())
        .allSatisfy(event -> assertThat(event).containsKey("collectionUUID"));
    assertThat(expanded.event(1)).containsKey("operationDescription");
  }

  @Test
  void disambiguatedPathsTellElementsFromFields() {
    simulator.insert(ORDERS, BsonDocument.parse("{_id: 1, a: [1, 2], b: {'0': 1}}"));
    RawMongo.Stream stream = mongo.watch(ORDERS, "{showExpandedEvents: true}");
    simulator.update(ORDERS, id(1), BsonDocument.parse("{'a.1': 5, 'b.0': 5}"));

    assertThat(
            stream
                .more()
                .event(0)
                .getDocument("updateDescription")
                .getDocument("disambiguatedPaths"))
        .isEqualTo(BsonDocument.parse("{'a.1': ['a', 1], 'b.0': ['b', '0']}"));
  }

  @Test
  void aRawEventIsShownAsItIs() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.rawEvent(ORDERS, BsonDocument.parse("{operationType: 'reticulate', splines: 7}"));

    BsonDocument event = stream.more().event(0);

    assertThat(event.keySet()).containsExactly("_id", "clusterTime", "operationType", "splines");
    assertThat(mongo.watch(ORDERS, startAfter(event.getDocument("_id"))).ok()).isTrue();
  }

  @Test
  void aRawEventsBytesCanBeCorrupted() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    simulator.rawEvent(
        ORDERS,
        BsonDocument.parse("{operationType: 'insert', fullDocument: {a: 1}}"),
        bytes -> {
          byte[] spoiled = bytes.clone();
          spoiled[bytes.length - 3] = 0x55;
          return spoiled;
        });
    insert(simulator, ORDERS, 1);
    stream.send(1);

    byte[] message = mongo.receiveBytes();

    assertThat(indexOf(message, (byte) 0x55)).isPositive();
  }

  @Test
  void anEventThatIsTooLargeIs10334AndItsTokenIsInTheMessage() {
    try (ReplicaSetSimulator small = ReplicaSetSimulator.builder().maxEventSize(1_000).start();
        RawMongo client = new RawMongo(small)) {
      BsonTimestamp before = insert(small, ORDERS, 1);
      RawMongo.Stream stream = client.watch(ORDERS, at(before));
      BsonDocument last = stream.token(0);
      small.insert(ORDERS, doc(2).append("text", new BsonString("x".repeat(2_000))));
      insert(small, ORDERS, 3);

      assertThat(stream.more().code()).isEqualTo(10334);
      String message = stream.reply().getString("errmsg").getValue();
      assertThat(stream.more().code()).isEqualTo(43);
      assertThat(client.watch(ORDERS, startAfter(last)).code()).isEqualTo(10334);

      String token = message.replaceFirst(".*First element: _id: \\{ _data: \"(\\w+)\" }.*", "$1");
      RawMongo.Stream over = client.watch(ORDERS, "{startAfter: {_data: '" + token + "'}}");
      assertThat(over.events())
          .extracting(event -> event.getDocument("documentKey"))
          .containsExactly(doc(3));
      assertThat(client.watch(ORDERS, startAfter(last), "{$project: {fullDocument: 0}}").types())
          .containsExactly("insert", "insert");
    }
  }

  @Test
  void aLargeEventIsSplitSmallestFieldsFirstAndEachFragmentCanBeResumedAfter() {
    String split = "{$changeStreamSplitLargeEvent: {}}";
    try (ReplicaSetSimulator small = ReplicaSetSimulator.builder().maxEventSize(1_500).start();
        RawMongo client = new RawMongo(small)) {
      small.createCollection("shop.images", true);
      small.insert("shop.images", doc(1).append("text", new BsonString("x".repeat(900))));
      RawMongo.Stream stream =
          client.watch(
              "shop",
              "{fullDocument: 'whenAvailable', fullDocumentBeforeChange: 'whenAvailable'}",
              split);
      small.update("shop.images", id(1), new BsonDocument("text", new BsonString("y".repeat(900))));
      insert(small, ORDERS, 2);

      stream.more();

      List<BsonDocument> events = stream.events();
      assertThat(events).hasSize(4);
      assertThat(events.subList(0, 3))
          .extracting(event -> event.getDocument("splitEvent"))
          .containsExactly(
              BsonDocument.parse("{fragment: 1, of: 3}"),
              BsonDocument.parse("{fragment: 2, of: 3}"),
              BsonDocument.parse("{fragment: 3, of: 3}"));
      assertThat(events.get(0)).containsKey("operationType");
      assertThat(events.get(2).keySet()).doesNotContain("operationType");
      assertThat(events.get(3).containsKey("splitEvent")).isFalse();
      assertThat(events).extracting(event -> hex(event.getDocument("_id"))).doesNotHaveDuplicates();

      RawMongo.Stream rest =
          client.watch(
              "shop",
              "{fullDocument: 'whenAvailable', fullDocumentBeforeChange: 'whenAvailable',"
                  + " startAfter: "
                  + events.get(1).getDocument("_id").toJson()
                  + "}",
              split);
      assertThat(rest.events()).isEqualTo(events.subList(2, 4));

      RawMongo.Stream behind =
          client.watch(
              "shop",
              "{fullDocument: 'whenAvailable', fullDocumentBeforeChange: 'whenAvailable',"
                  + " startAfter: "
                  + events.get(2).getDocument("_id").toJson()
                  + "}",
              split);
      assertThat(behind.events()).isEqualTo(events.subList(3, 4));
    }
  }

  @Test
  void aFragmentsTokenNeedsTheSplitStageAndTheSameImages() {
    String split = "{$changeStreamSplitLargeEvent: {}}";
    try (ReplicaSetSimulator small = ReplicaSetSimulator.builder().maxEventSize(1_200).start();
        RawMongo client = new RawMongo(small)) {
      small.createCollection(ORDERS, true);
      small.insert(ORDERS, doc(1).append("text", new BsonString("x".repeat(500))));
      RawMongo.Stream stream =
          client.watch(ORDERS, "{fullDocumentBeforeChange: 'whenAvailable'}", split);
      small.update(ORDERS, id(1), new BsonDocument("text", new BsonString("y".repeat(500))));
      BsonDocument fragment = stream.more().token(0);

      assertThat(client.watch(ORDERS, startAfter(fragment)).code()).isEqualTo(280);
      assertThat(client.watch(ORDERS, startAfter(fragment), split).code()).isEqualTo(280);
    }
  }

  @Test
  void theSplitStageMustBeTheLast() {
    assertThat(
            mongo.watch(ORDERS, "{}", "{$changeStreamSplitLargeEvent: {}}", "{$match: {}}").code())
        .isEqualTo(7182802);
  }

  @Test
  void aBatchHoldsSixteenMebibytes() {
    RawMongo.Stream stream = mongo.watch(ORDERS, "{}");
    BsonString text = new BsonString("x".repeat(6_000_000));
    for (int i = 0; i < 5; i++) {
      simulator.insert(ORDERS, doc(i).append("text", text));
    }

    assertThat(stream.more().events()).hasSize(2);
    assertThat(stream.postBatch()).isEqualTo(stream.token(1));
    assertThat(stream.more().events()).hasSize(2);
    assertThat(stream.more().events()).hasSize(1);
  }

  @Test
  void theFirstBatchHas101Events() {
    BsonTimestamp time = insert(simulator, ORDERS, 0);
    for (int i = 1; i < 300; i++) {
      insert(simulator, ORDERS, i);
    }

    RawMongo.Stream stream = mongo.watch(ORDERS, at(time));
    assertThat(stream.events()).hasSize(101);
    assertThat(stream.more().events()).hasSize(199);
  }

  private static int indexOf(byte[] bytes, byte wanted) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
