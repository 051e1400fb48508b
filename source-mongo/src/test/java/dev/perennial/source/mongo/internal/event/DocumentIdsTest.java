package dev.perennial.source.mongo.internal.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.mongo.Change;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.ChangePayloadException;
import dev.perennial.source.mongo.Samples;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonValue;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentIdsTest {

  private static final String CORRUPT = "corrupt";

  private static Object id(ChangeEvent event) {
    try {
      return ((Change) event).documentId();
    } catch (ChangePayloadException e) {
      return CORRUPT;
    }
  }

  private static Object idOfTheKey(ChangeEvent event) {
    try {
      return ((Change) event).documentKey().map(key -> key.get("_id"));
    } catch (ChangePayloadException e) {
      return CORRUPT;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{_id: 7}",
        "{_id: -7}",
        "{_id: {$numberLong: '-7'}}",
        "{_id: {$oid: 'ffeeddccbbaa998877665544'}}",
        "{_id: ''}",
        "{_id: 'x'}",
        "{_id: 'ä€😀'}",
      })
  void readsTheUsualIdsWithoutDecoding(String key) {
    BsonDocument document = BsonDocument.parse(key);
    byte[] bytes = BsonBytes.of(document);

    assertThat(DocumentIds.only(bytes, 0, bytes.length)).isEqualTo(document.get("_id"));
    assertThat(Samples.change("documentKey: " + key).documentId()).contains(document.get("_id"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{_id: null}",
        "{_id: 1.5}",
        "{_id: {a: 1}}",
        "{_id: [1]}",
        "{_id: true}",
        "{_ix: 7}",
        "{_idx: 7}",
        "{i: 7}",
        "{_id: 7, region: 'eu'}",
        "{region: 'eu', _id: 7}",
        "{_id: 'x', region: 'eu'}",
      })
  void leavesOtherKeysToTheDecoder(String key) {
    byte[] bytes = BsonBytes.of(BsonDocument.parse(key));

    assertThat(DocumentIds.only(bytes, 0, bytes.length)).isNull();
    Change change = Samples.change("documentKey: " + key);
    assertThat(change.documentId())
        .isEqualTo(Optional.ofNullable(BsonDocument.parse(key).get("_id")));
  }

  @Test
  void aKeyMayBeAbsentOrNull() {
    assertThat(Samples.change("").documentId()).isEmpty();
    assertThat(Samples.change("documentKey: null").documentId()).isEmpty();
  }

  /** Every byte of a key replaced by every other: the two ways never disagree. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{_id: 7}",
        "{_id: 'xy'}",
        "{_id: {$oid: 'ffeeddccbbaa998877665544'}}",
        "{_id: {$numberLong: '7'}}"
      })
  void agreesWithTheDecoderOnWhatIsCorrupt(String key) {
    byte[] event = Samples.event("documentKey: " + key);
    int size = BsonBytes.of(BsonDocument.parse(key)).length;
    int from = event.length - 1 - size;
    for (int at = from; at < event.length - 1; at++) {
      for (int other = 0; other < 256; other++) {
        byte[] changed = event.clone();
        changed[at] = (byte) other;
        if (EventReader.plain().read(changed) instanceof Change change) {
          assertThat(id(change))
              .as("byte %d is %d", at - from, other)
              .isEqualTo(idOfTheKey(change));
        }
      }
    }
  }

  @Test
  void theValueIsTheCallersOwn() {
    ObjectId id = new ObjectId("ffeeddccbbaa998877665544");
    Change change = Samples.change("documentKey: {_id: {$oid: '" + id.toHexString() + "'}}");

    BsonValue read = change.documentId().orElseThrow();

    assertThat(read).isEqualTo(new BsonObjectId(id)).isNotSameAs(change.documentId().orElseThrow());
  }
}
