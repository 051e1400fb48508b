package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.StartPosition;
import dev.perennial.source.mongo.StreamGap;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MongoLineTest {

  /** 2023-11-14T22:13:20Z */
  private static final String TIME = "{\"$timestamp\":{\"t\":1700000000,\"i\":3}}";

  private static final String WHEN = "2023-11-14T22:13:20Z ";
  private static final String NS = "\"ns\":{\"db\":\"shop\",\"coll\":\"orders\"}";

  @Test
  void showsAnInsertWithItsDocument() {
    assertThat(
            text(
                "insert",
                NS + ",\"documentKey\":{\"_id\":7},\"fullDocument\":{\"_id\":7,\"total\":3.5}"))
        .isEqualTo(WHEN + "insert    shop.orders          7 {\"_id\": 7, \"total\": 3.5}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"$oid\":\"65f0a1b2c3d4e5f600112233\"} | 65f0a1b2c3d4e5f600112233",
        "\"a b\" | a b",
        "{\"$numberLong\":\"-5\"} | -5",
        "{\"a\":1,\"b\":\"x\"} | {\"a\": 1, \"b\": \"x\"}"
      })
  void showsShortIds(String id, String shown) {
    assertThat(text("delete", NS + ",\"documentKey\":{\"_id\":" + id + "}"))
        .isEqualTo(WHEN + "delete    shop.orders          " + shown);
  }

  @Test
  void showsWhatAnUpdateChanged() {
    String update =
        NS
            + ",\"documentKey\":{\"_id\":7},\"updateDescription\":{\"updatedFields\":{\"total\":4},"
            + "\"removedFields\":[\"a\",\"b.c\"]}";
    assertThat(text("update", update))
        .isEqualTo(WHEN + "update    shop.orders          7 set {\"total\": 4} removed a, b.c");
    assertThat(text("update", update + ",\"fullDocument\":null")).endsWith(" (deleted since)");
    assertThat(text("update", update + ",\"fullDocument\":{\"_id\":7}")).endsWith("7 {\"_id\": 7}");
  }

  @Test
  void showsWhatWasDeleted() {
    assertThat(
            text(
                "delete",
                NS + ",\"documentKey\":{\"_id\":7},\"fullDocumentBeforeChange\":{\"_id\":7}"))
        .endsWith("7 was {\"_id\": 7}");
  }

  @Test
  void showsWhatWasUpdatedOrReplaced() {
    String key =
        NS + ",\"documentKey\":{\"_id\":7},\"fullDocumentBeforeChange\":{\"_id\":7,\"n\":1}";
    String update = key + ",\"updateDescription\":{\"updatedFields\":{\"n\":2}}";
    assertThat(text("update", update)).endsWith(" 7 set {\"n\": 2} was {\"_id\": 7, \"n\": 1}");
    assertThat(text("update", update + ",\"fullDocument\":{\"_id\":7,\"n\":2}"))
        .endsWith(" 7 {\"_id\": 7, \"n\": 2} was {\"_id\": 7, \"n\": 1}");
    assertThat(text("replace", key + ",\"fullDocument\":{\"_id\":7}"))
        .endsWith(" 7 {\"_id\": 7} was {\"_id\": 7, \"n\": 1}");
    String large = "{\"_id\":7,\"text\":\"" + "x".repeat(500) + "\"}";
    assertThat(text("replace", key + ",\"fullDocument\":" + large))
        .endsWith("xxx… was {\"_id\": 7, \"n\": 1}");
  }

  @Test
  void printsTimesThatFromAccepts() {
    String time = text("invalidate", "\"x\":1").split(" ")[0];
    assertThat(StartPosition.parse(time)).hasToString("2023-11-14T22:13:20Z");
  }

  @Test
  void showsDefinitions() {
    assertThat(text("rename", NS + ",\"to\":{\"db\":\"shop\",\"coll\":\"old\"}"))
        .isEqualTo(WHEN + "rename    shop.orders          to shop.old");
    assertThat(text("dropDatabase", "\"ns\":{\"db\":\"shop\"}"))
        .isEqualTo(WHEN + "dropDatabase shop");
    assertThat(text("createIndexes", NS + ",\"operationDescription\":{\"indexes\":[]}"))
        .endsWith("{\"indexes\": []}");
    assertThat(text("invalidate", "\"x\":1")).isEqualTo(WHEN + "invalidate -");
  }

  @Test
  void showsAnEventThatAPipelineEmptied() {
    assertThat(line(ChangeEvent.parse("{\"_id\":{\"_data\":\"82\"}}")))
        .isEqualTo("-                    -         -");
  }

  @Test
  void shortensTextAndEscapesControlCharacters() {
    String document = "{\"_id\":7,\"text\":\"\\u001b[2J" + "x".repeat(500) + "\"}";
    assertThat(text("insert", NS + ",\"documentKey\":{\"_id\":7},\"fullDocument\":" + document))
        .hasSizeLessThan(180)
        .doesNotContain("\u001b")
        .endsWith("xxx…");
  }

  private record Gap(Optional<BsonTimestamp> from, BsonTimestamp to, String reason)
      implements StreamGap {}

  @Test
  void showsGaps() {
    StreamGap gap =
        new Gap(
            Optional.of(new BsonTimestamp(1_700_000_000, 3)),
            new BsonTimestamp(1_700_000_060, 1),
            "the oplog was overwritten");
    assertThat(line(gap))
        .isEqualTo(
            WHEN
                + "gap       -                    no events until 2023-11-14T22:14:20Z:"
                + " the oplog was overwritten");
    assertThat(MongoLine.json(gap))
        .isEqualTo(
            "{\"streamGap\": {\"from\": {\"$timestamp\": {\"t\": 1700000000, \"i\": 3}}, \"to\":"
                + " {\"$timestamp\": {\"t\": 1700000060, \"i\": 1}}, \"reason\": \"the oplog was"
                + " overwritten\"}}");
  }

  @Test
  void showsTimesBeyondSignedSeconds() {
    StreamGap gap = new Gap(Optional.of(new BsonTimestamp(-1, 1)), new BsonTimestamp(1), "");
    assertThat(line(gap)).startsWith("2106-02-07T06:28:15Z gap");
  }

  @Test
  void showsMalformedEvents() {
    ChangeEvent malformed = ChangeEvent.parse(new byte[] {1, 2, 3});
    assertThat(line(malformed))
        .startsWith("-                    malformed -")
        .contains("3 bytes: ");
    BsonDocument json = BsonDocument.parse(MongoLine.json(malformed)).getDocument("malformed");
    assertThat(json.getNumber("size").intValue()).isEqualTo(3);
    assertThat(json.getString("cause").getValue()).isNotEmpty();
  }

  @Test
  void printsRelaxedExtendedJsonOnOneLine() {
    Change change =
        (Change)
            ChangeEvent.parse(
                "{\"_id\":{\"_data\":\"82\"},\"operationType\":\"insert\",\"fullDocument\":{\"n\":1,"
                    + "\"text\":\"a\\nb\"}}");
    assertThat(MongoLine.json(change))
        .isEqualTo(
            "{\"_id\": {\"_data\": \"82\"}, \"operationType\": \"insert\", \"fullDocument\": {\"n\":"
                + " 1, \"text\": \"a\\nb\"}}");
  }

  private static String text(String operation, String fields) {
    return line(
        ChangeEvent.parse(
            "{\"_id\":{\"_data\":\"82\"},\"operationType\":\""
                + operation
                + "\",\"clusterTime\":"
                + TIME
                + ","
                + fields
                + "}"));
  }

  private static String line(ChangeEvent event) {
    return MongoLine.text(event);
  }
}
