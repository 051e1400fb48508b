package dev.perennial.source.mongo.internal.cursor;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoException;
import dev.perennial.source.mongo.MalformedChange;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.internal.error.ErrorKindTest;
import dev.perennial.source.mongo.internal.event.UnreadableEvent;
import dev.perennial.source.mongo.internal.position.Tokens;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

class UnreturnableEventTest {

  private static UnreturnableEvent read(int code, String words) {
    return UnreturnableEvent.read(ErrorKindTest.error(code, words));
  }

  @Test
  void readsTheTokenOfAnEventThatIsTooLarge() {
    UnreturnableEvent event =
        read(
            10334,
            "Executor error during getMore :: caused by :: BSONObj size: 17236670 (0x10702BE) is"
                + " invalid. Size must be between 0 and 16793600(16MB) First element: _id: { _data:"
                + " \""
                + Samples.EVENT_TOKEN
                + "\" }");

    assertThat(event.token()).contains(Tokens.ofHex(Samples.EVENT_TOKEN));
    assertThat(event.clusterTime()).contains(new BsonTimestamp(0x5F103CB5, 3));
    assertThat(event.size()).isEqualTo(17_236_670);
  }

  @Test
  void readsTheTypeBitsOfAToken() {
    UnreturnableEvent event =
        read(
            10334,
            "BSONObj size: 33553900 (0x1FFFDEC) is invalid. Size must be between 0 and"
                + " 16793600(16MB) First element: _id: { _data: \"82AA\", _typeBits: BinData(0, 40)"
                + " }");

    assertThat(event.token())
        .contains(
            BsonDocument.parse(
                "{_data: '82AA', _typeBits: {$binary: {base64: 'QA==', subType: '00'}}}"));
  }

  @Test
  void readsAnEventWithoutItsImage() {
    UnreturnableEvent event =
        read(
            47,
            "Change stream was configured to require a post-image for all update events, but the"
                + " post-image was not found for event: {operationType: \"update\", ns: {db: \"d\","
                + " coll: \"c\"}, clusterTime: Timestamp(4294967295, 3), txnNumber: MISSING}");

    assertThat(event.token()).isEmpty();
    assertThat(event.clusterTime()).contains(new BsonTimestamp(-1, 3));
    assertThat(event.size()).isZero();
  }

  @Test
  void readsAWholeEventWithoutItsImage() {
    UnreturnableEvent event =
        read(
            47,
            "… but no pre-image was found for event: {_id: {_data: \""
                + Samples.EVENT_TOKEN
                + "\", _typeBits: BinData(0, \"40\")}, operationType: \"update\"}");

    assertThat(event.token().orElseThrow().getString("_data").getValue())
        .isEqualTo(Samples.EVENT_TOKEN);
    assertThat(event.token().orElseThrow()).containsKey("_typeBits");
  }

  @Test
  void takesNothingFromWordsThatNameNone() {
    for (MongoException error :
        new MongoException[] {
          ErrorKindTest.error(10334, "BSONObj size: 17 is invalid. First element: a: 1"),
          ErrorKindTest.error(10334, "First element: _id: { _data: \"82A\" }"),
          ErrorKindTest.error(47, "clusterTime: Timestamp(4294967296, 1)"),
          new MongoException("nothing")
        }) {
      UnreturnableEvent event = UnreturnableEvent.read(error);
      assertThat(event.token()).isEmpty();
      assertThat(event.clusterTime()).isEmpty();
    }
  }

  @Test
  void becomesAMalformedEventAtItsToken() {
    MongoException error = new MongoException(10334, "too large");
    MalformedChange change =
        new MalformedChange(
            UnreadableEvent.unreturned(Tokens.ofHex(Samples.EVENT_TOKEN), 17_000_000, error));

    assertThat(change.raw()).isEmpty();
    assertThat(change.size()).isEqualTo(17_000_000);
    assertThat(change.cause()).isSameAs(error);
    assertThat(change.resumeToken()).contains(Tokens.ofHex(Samples.EVENT_TOKEN));
    assertThat(change.clusterTime()).contains(new BsonTimestamp(0x5F103CB5, 3));
  }
}
