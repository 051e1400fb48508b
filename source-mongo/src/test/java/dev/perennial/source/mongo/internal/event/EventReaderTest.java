package dev.perennial.source.mongo.internal.event;

import static dev.perennial.source.mongo.Reasons.reason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Malformed;
import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.ChangePayloadException;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.MongoPosition;
import dev.perennial.source.mongo.Namespace;
import dev.perennial.source.mongo.OperationType;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.UpdateDescription;
import dev.perennial.source.mongo.internal.position.ClusterTime;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventReaderTest {

  @Test
  void readsEveryFieldOfTheServers() {
    String json = Samples.fullUpdate();
    Change change = (Change) ChangeEvent.parse(json);

    assertThat(change.operationType()).isEqualTo(OperationType.UPDATE);
    assertThat(change.rawOperationType()).isEqualTo("update");
    assertThat(change.isData()).isTrue();
    assertThat(change.isDefinition()).isFalse();
    assertThat(change.namespace()).contains(Namespace.of("shop", "orders.open"));
    assertThat(change.namespace().orElseThrow().fullName()).isEqualTo("shop.orders.open");
    assertThat(change.to()).isEmpty();
    assertThat(change.namespaceType()).contains("collection");
    assertThat(change.documentKey()).contains(BsonDocument.parse("{_id: 7, region: 'eu'}"));
    assertThat(change.documentId()).contains(new BsonInt32(7));
    assertThat(change.fullDocument().bson()).contains(BsonDocument.parse("{_id: 7, a: {b: 1}}"));
    assertThat(change.documentAfter()).isEqualTo(change.fullDocument());
    assertThat(change.fullDocumentBeforeChange().bson())
        .contains(BsonDocument.parse("{_id: 7, a: {b: 0}}"));
    UpdateDescription update = change.updateDescription().orElseThrow();
    assertThat(update.updatedFields()).isEqualTo(BsonDocument.parse("{'a.b': 1}"));
    assertThat(update.removedFields()).containsExactly("c", "d.e");
    assertThat(update.truncatedArrays())
        .singleElement()
        .satisfies(array -> {
          assertThat(array.field()).isEqualTo("list");
          assertThat(array.newSize()).isEqualTo(2);
        });
    assertThat(update.disambiguatedPaths()).contains(BsonDocument.parse("{'a.0': ['a', '0']}"));
    assertThat(change.clusterTime()).contains(new BsonTimestamp(1594899637, 3));
    assertThat(change.wallTime()).contains(Instant.parse("2020-07-16T11:40:37.123Z"));
    assertThat(change.txnNumber()).hasValue(5);
    assertThat(change.lsid().orElseThrow()).containsKey("id");
    assertThat(change.collectionUuid())
        .contains(UUID.fromString("84010e04-e239-427b-8cbc-a810283d05a5"));
    assertThat(change.operationDescription()).contains(BsonDocument.parse("{x: 1}"));
    assertThat(change.splitEvent()).isEmpty();
    assertThat(change.resumeToken()).isEqualTo(Tokens.ofHex(Samples.EVENT_TOKEN));
    assertThat(change.raw()).isEqualTo(BsonDocument.parse(json)).containsKey("somethingNew");
    assertThat(change.rawBytes()).isEqualTo(Samples.bytes(json));
    assertThat(change.size()).isEqualTo(Samples.bytes(json).length);
    // Relaxed JSON has no int64 of its own.
    assertThat(change.toJson()).contains("\"txnNumber\": 5", "\"somethingNew\": [1, 2]");
    assertThat(change)
        .hasToString(
            "Change[update shop.orders.open at 1594899637.3, " + change.size() + " bytes]");
  }

  @Test
  void everyFieldButTheTokenMayBeMissing() {
    Change change = Samples.change("");

    assertThat(change.operationType()).isEqualTo(OperationType.OTHER);
    assertThat(change.rawOperationType()).isEmpty();
    assertThat(change.isData()).isFalse();
    assertThat(change.isDefinition()).isFalse();
    assertThat(change.namespace()).isEmpty();
    assertThat(change.to()).isEmpty();
    assertThat(change.namespaceType()).isEmpty();
    assertThat(change.documentKey()).isEmpty();
    assertThat(change.documentId()).isEmpty();
    assertThat(change.fullDocument().isAbsent()).isTrue();
    assertThat(change.fullDocumentBeforeChange().isAbsent()).isTrue();
    assertThat(change.documentAfter().isAbsent()).isTrue();
    assertThat(change.updateDescription()).isEmpty();
    assertThat(change.clusterTime()).isEmpty();
    assertThat(change.wallTime()).isEmpty();
    assertThat(change.txnNumber()).isEmpty();
    assertThat(change.lsid()).isEmpty();
    assertThat(change.collectionUuid()).isEmpty();
    assertThat(change.operationDescription()).isEmpty();
    assertThat(change.splitEvent()).isEmpty();
    assertThat(change.envelope().has(Field.SPLIT_EVENT)).isFalse();
    assertThat(change.position()).isEqualTo(ResumePosition.ofToken(change.resumeToken()));
  }

  @Test
  void tellsAbsentFromNull() {
    Change deleted = Samples.change("operationType: 'update', fullDocument: null");

    assertThat(deleted.fullDocument().isNull()).isTrue();
    assertThat(deleted.fullDocument().isAbsent()).isFalse();
    assertThat(deleted.fullDocument().isPresent()).isFalse();
    assertThat(deleted.documentAfter().isNull()).isTrue();
    assertThat(deleted.fullDocumentBeforeChange().isAbsent()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"insert,true", "replace,true", "update,true", "delete,false", "rename,false"})
  void theDocumentAfterIsThatOfAChangeThatLeavesOne(String type, boolean known) {
    Change change = Samples.change("operationType: '" + type + "', fullDocument: {a: 1}");

    assertThat(change.documentAfter().isPresent()).isEqualTo(known);
  }

  @ParameterizedTest
  @EnumSource(OperationType.class)
  void knowsTheServersWords(OperationType type) {
    Change change = Samples.change("operationType: '" + type.value() + "'");

    assertThat(change.operationType()).isEqualTo(type);
    assertThat(change.rawOperationType()).isEqualTo(type.value());
    assertThat(OperationType.of(type.value())).isEqualTo(type);
    assertThat(type.isData() && type.isDefinition()).isFalse();
  }

  @Test
  void deliversAnUnknownTypeAsItCame() {
    Change change = Samples.change("operationType: 'teleport', destination: {x: 1}");

    assertThat(change.operationType()).isEqualTo(OperationType.OTHER);
    assertThat(change.rawOperationType()).isEqualTo("teleport");
    assertThat(change.raw()).containsKey("destination");
  }

  @Test
  void readsARename() {
    Change change =
        Samples.change(
            "operationType: 'rename', ns: {db: 'shop', coll: 'a'}, to: {db: 'shop', coll: 'b'}");

    assertThat(change.to()).contains(Namespace.of("shop", "b"));
  }

  @Test
  void aNamespaceMayBeADatabaseOrTrimmed() {
    assertThat(Samples.change("ns: {db: 'shop'}").namespace()).contains(Namespace.of("shop"));
    assertThat(Samples.change("ns: {coll: 'a'}").namespace()).contains(Namespace.of("", "a"));
  }

  @Test
  void givesTheSameNameForTheSameBytes() {
    EventReader reader = EventReader.plain();
    byte[] event = Samples.event("ns: {db: 'shop', coll: 'orders'}");

    Namespace first = ((Change) reader.read(event)).namespace().orElseThrow();
    Namespace second = ((Change) reader.read(event.clone())).namespace().orElseThrow();

    assertThat(second).isSameAs(first);
  }

  @Test
  void namesThatShareAPlaceAreToldApart() {
    EventReader reader = EventReader.plain();

    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 300; i++) {
        byte[] event = Samples.event("ns: {db: 'shop', coll: 'c" + i + "'}");
        assertThat(((Change) reader.read(event)).namespace())
            .contains(Namespace.of("shop", "c" + i));
      }
    }
  }

  @Test
  void timesAreUnsigned() {
    Change change = Samples.change("clusterTime: {$timestamp: {t: 4294967295, i: 4294967294}}");

    assertThat(change.clusterTime()).contains(new BsonTimestamp(-1, -2));
    assertThat(change.toString()).contains("4294967295.4294967294");
    assertThat(ClusterTime.instant(change.clusterTime().orElseThrow()))
        .isEqualTo(Instant.parse("2106-02-07T06:28:15Z"));
  }

  @Test
  void ofTwoFieldsWithOneNameTheFirstCounts() {
    byte[] event = Samples.event("operationType: 'insert', operationTypf: 'delete'");
    int second = indexOf(event, "operationTypf");
    event[second + "operationTyp".length()] = 'e';

    Change change = (Change) EventReader.plain().read(event);

    assertThat(change.operationType()).isEqualTo(OperationType.INSERT);
    assertThat(change.raw().getString("operationType").getValue()).isEqualTo("insert");
  }

  @Test
  void aTokenOfAnotherTypeIsMalformed() {
    byte[] event = Samples.bytes("{_id: 5, clusterTime: {$timestamp: {t: 9, i: 1}}}");

    MalformedChange change = Samples.malformed(event);

    assertThat(change.cause()).hasMessageContaining("_id").hasMessageContaining("INT32");
    assertThat(change.resumeToken()).isEmpty();
    assertThat(change.raw()).isEqualTo(event);
    assertThat(change.size()).isEqualTo(event.length);
  }

  @Test
  void fieldsOfAnotherTypeAreAbsentButInTheRawEvent() {
    String fives =
        String.join(
            ": 5, ",
            Arrays.stream(Field.values())
                .filter(field -> field != Field.ID)
                .map(Field::toString)
                .toList());

    Change change = Samples.change(fives + ": 5");

    assertThat(change.operationType()).isEqualTo(OperationType.OTHER);
    assertThat(change.rawOperationType()).isEmpty();
    assertThat(change.namespace()).isEmpty();
    assertThat(change.to()).isEmpty();
    assertThat(change.namespaceType()).isEmpty();
    assertThat(change.documentKey()).isEmpty();
    assertThat(change.documentId()).isEmpty();
    assertThat(change.fullDocument().isAbsent()).isTrue();
    assertThat(change.fullDocument().isNull()).isFalse();
    assertThat(change.fullDocumentBeforeChange().isAbsent()).isTrue();
    assertThat(change.updateDescription()).isEmpty();
    assertThat(change.clusterTime()).isEmpty();
    assertThat(change.wallTime()).isEmpty();
    assertThat(change.txnNumber()).isEmpty();
    assertThat(change.lsid()).isEmpty();
    assertThat(change.collectionUuid()).isEmpty();
    assertThat(change.operationDescription()).isEmpty();
    assertThat(change.splitEvent()).isEmpty();
    assertThat(change.envelope().has(Field.SPLIT_EVENT)).isFalse();
    assertThat(change.raw().getInt32("documentKey").getValue()).isEqualTo(5);
    assertThat(change.toString()).isNotBlank();
  }

  @Test
  void aFieldThatIsNullIsAbsentUnlessItIsTheToken() {
    String nulls =
        String.join(
            ": null, ",
            Arrays.stream(Field.values())
                .filter(field -> field != Field.ID)
                .map(Field::toString)
                .toList());

    Change change = Samples.change(nulls + ": null");

    assertThat(change.namespace()).isEmpty();
    assertThat(change.clusterTime()).isEmpty();
    assertThat(change.updateDescription()).isEmpty();
    assertThat(change.collectionUuid()).isEmpty();
    assertThat(change.rawOperationType()).isEmpty();
    assertThat(Samples.malformed(Samples.bytes("{_id: null}")).resumeToken()).isEmpty();
  }

  @Test
  void anEventWithoutATokenIsMalformed() {
    MalformedChange change =
        Samples.malformed(Samples.bytes("{clusterTime: {$timestamp: {t: 9, i: 1}}}"));

    assertThat(change.resumeToken()).isEmpty();
    assertThat(change.position()).isEmpty();
    assertThat(change.clusterTime()).contains(new BsonTimestamp(9, 1));
    assertThat(change.cause()).hasMessageContaining("_id");
    assertThat(change).isInstanceOf(Malformed.class);
    assertThat(change.toString()).contains("no token");
  }

  @Test
  void aTokenThatIsCorruptInsideIsMalformed() {
    byte[] event = Samples.event("operationType: 'insert'");
    event[indexOf(event, "_data") - 1] = 0x7E;

    assertThat(Samples.malformed(event).resumeToken()).isEmpty();
  }

  @Test
  void aNamespaceThatIsNoStringIsAbsent() {
    EventReader reader = EventReader.plain();
    for (int round = 0; round < 2; round++) {
      Change change = (Change) reader.read(Samples.event("ns: {db: 'shop', coll: 1}"));
      assertThat(change.namespace()).isEmpty();
      assertThat(change.raw().getDocument("ns").getInt32("coll").getValue()).isEqualTo(1);
    }
  }

  @Test
  void everyTruncationIsMalformed() {
    byte[] event = Samples.bytes(Samples.fullUpdate());

    for (int length = 0; length < event.length; length++) {
      MalformedChange change = Samples.malformed(Arrays.copyOf(event, length));
      assertThat(change.size()).isEqualTo(length);
      change
          .resumeToken()
          .ifPresent(token -> assertThat(token).isEqualTo(Tokens.ofHex(Samples.EVENT_TOKEN)));
      assertThat(change.toString()).isNotBlank();
    }
    assertThat(Samples.malformed(Arrays.copyOf(event, event.length - 1)).clusterTime())
        .contains(new BsonTimestamp(1594899637, 3));
  }

  @Test
  void bytesBehindTheEventAreMalformed() {
    byte[] event = Samples.event("");

    assertThat(Samples.malformed(Arrays.copyOf(event, event.length + 1)).resumeToken()).isPresent();
  }

  @Test
  void aBodyThatIsCorruptInsideFailsWhenItIsDecoded() {
    byte[] event = Samples.event("operationType: 'insert', fullDocument: {secret: 1}");
    event[indexOf(event, "secret") - 1] = 0x7E;

    Change change = (Change) EventReader.plain().read(event);

    assertThat(change.fullDocument().isPresent()).isTrue();
    assertThat(change.fullDocument().bytes()).isPresent();
    assertThat(change.fullDocument().raw()).isPresent();
    for (Runnable decode :
        List.<Runnable>of(
            () -> change.fullDocument().bson(),
            () -> change.fullDocument().document(),
            () -> change.fullDocument().json(),
            change::toJson)) {
      assertThatThrownBy(decode::run)
          .isInstanceOf(ChangePayloadException.class)
          .hasMessageStartingWith("Cannot read ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "updateDescription: {updatedFields: 1}",
        "updateDescription: {removedFields: [1]}",
        "updateDescription: {truncatedArrays: [{field: 'a'}]}",
        "splitEvent: {fragment: 'x', of: 2}"
      })
  void aPartThatTheServerDocumentsOtherwiseFailsWhenItIsDecoded(String field) {
    Change change = Samples.change(field);

    assertThatThrownBy(
            () -> {
              change.updateDescription();
              change.splitEvent();
            })
        .isInstanceOf(ChangePayloadException.class)
        .hasMessageContaining("as the server documents it");
  }

  @Test
  void anUpdateDescriptionMayBeTrimmed() {
    UpdateDescription update =
        Samples.change("updateDescription: {truncatedArrays: null}")
            .updateDescription()
            .orElseThrow();

    assertThat(update.updatedFields()).isEmpty();
    assertThat(update.removedFields()).isEmpty();
    assertThat(update.truncatedArrays()).isEmpty();
    assertThat(update.disambiguatedPaths()).isEmpty();
  }

  @Test
  void joinsFragments() {
    Change first = fragment(1, "fullDocument: {a: 1}", Samples.EVENT_TOKEN);
    Change second = fragment(2, "operationType: 'update', ns: {db: 'd', coll: 'c'}", "82AA");
    assertThat(first.envelope().has(Field.SPLIT_EVENT)).isTrue();
    assertThat(first.splitEvent()).contains(new NestedDocuments.Part(1, 2));

    Change whole = (Change) Fragments.join(List.of(first, second), EventReader.plain());

    assertThat(whole.raw())
        .isEqualTo(
            BsonDocument.parse(
                "{_id: {_data: '82AA'}, fullDocument: {a: 1}, operationType: 'update',"
                    + " ns: {db: 'd', coll: 'c'}}"));
    assertThat(whole.envelope().has(Field.SPLIT_EVENT)).isFalse();
    assertThat(whole.operationType()).isEqualTo(OperationType.UPDATE);
    assertThat(whole.fullDocument().isPresent()).isTrue();
  }

  @Test
  void aFragmentThatCannotBeReadMakesTheWholeEventMalformed() throws Exception {
    for (int broken = 1; broken <= 2; broken++) {
      SplitEvents split = new SplitEvents(EventReader.plain(), SplitEvents.DEFAULT_LIMIT);
      byte[] first = broken(fragment(1, "a: 'x'", Samples.EVENT_TOKEN), broken == 1);
      byte[] second = broken(fragment(2, "b: 'y'", Samples.EVENT_TOKEN_V2), broken == 2);
      MongoPosition before = ResumePosition.ofTime(new BsonTimestamp(9, 1));

      assertThat(split.whole(EventReader.plain().read(first), before)).isNull();
      assertThat(split.isOpen()).isTrue();
      MalformedChange whole =
          (MalformedChange) split.whole(EventReader.plain().read(second), before);

      assertThat(whole.resumeToken()).contains(Tokens.ofHex(Samples.EVENT_TOKEN_V2));
      assertThat(whole.size()).isEqualTo(first.length + second.length);
      assertThat(whole.raw()).startsWith(first).endsWith(second);
      assertThat(split.isOpen()).isFalse();
      assertThat(split.whole(Samples.change("operationType: 'insert'"), before))
          .isInstanceOf(Change.class);
    }
  }

  @Test
  void aFragmentOfWhichNothingCanBeReadDoesNotStopTheOthers() throws Exception {
    SplitEvents split = new SplitEvents(EventReader.plain(), SplitEvents.DEFAULT_LIMIT);
    MongoPosition before = ResumePosition.ofTime(new BsonTimestamp(9, 1));
    byte[] unreadable = Arrays.copyOf(Samples.event(""), 20);
    Change second = fragment(2, "b: 1", Samples.EVENT_TOKEN_V2);

    assertThat(split.whole(EventReader.plain().read(unreadable), before))
        .isInstanceOf(MalformedChange.class);
    MalformedChange rest = (MalformedChange) split.whole(second, before);

    assertThat(rest.resumeToken()).contains(second.resumeToken());
    assertThatThrownBy(() -> split.whole(second, before)).has(reason("fragment-missing"));
  }

  /** The last element gets a type that no BSON has. */
  private static byte[] broken(Change event, boolean broken) {
    byte[] bytes = event.rawBytes();
    if (broken) {
      bytes[bytes.length - 1 - 2 - 4 - 2 - 1] = 0x66;
    }
    return bytes;
  }

  private static Change fragment(int number, String fields, String token) {
    return (Change)
        ChangeEvent.parse(
            "{_id: {_data: '"
                + token
                + "'}, splitEvent: {fragment: "
                + number
                + ", of: 2}, "
                + fields
                + '}');
  }

  @Test
  void eventsAreEqualIfTheirBytesAre() {
    assertThat(Samples.change("a: 1"))
        .isEqualTo(Samples.change("a: 1"))
        .hasSameHashCodeAs(Samples.change("a: 1"))
        .isNotEqualTo(Samples.change("a: 2"));
    byte[] broken = {1, 2, 3};
    assertThat(Samples.malformed(broken))
        .isEqualTo(Samples.malformed(broken.clone()))
        .hasSameHashCodeAs(Samples.malformed(broken.clone()))
        .isNotEqualTo(Samples.malformed(new byte[] {1, 2}));
  }

  @Test
  void anEventBelongsToNobodyElse() {
    byte[] given = Samples.event("operationType: 'insert'");
    Change change = (Change) ChangeEvent.parse(given);

    Arrays.fill(given, (byte) 0);
    Arrays.fill(change.rawBytes(), (byte) 0);

    assertThat(change.raw().getString("operationType").getValue()).isEqualTo("insert");
  }

  @Test
  void textsShowNoContent() {
    Change change =
        Samples.change("operationType: 'insert', fullDocument: {password: 'hunter2'}, b: 1");

    assertThat(change.toString() + change.fullDocument()).doesNotContain("hunter2");
    Change forged = Samples.change("operationType: 'x\\ny', ns: {db: 'a\\rb'}");
    assertThat(forged.toString()).doesNotContain("\n", "\r");
  }

  static int indexOf(byte[] bytes, String text) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
  }
}
