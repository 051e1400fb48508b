package dev.perennial.source.mongo.internal.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoNamespace;
import dev.perennial.source.mongo.Samples;
import dev.perennial.source.mongo.internal.event.BsonBytes;
import dev.perennial.source.mongo.internal.position.ResumePosition;
import dev.perennial.source.mongo.internal.position.Tokens;
import java.util.Arrays;
import org.bson.BSONException;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyTest {

  private static final String TOKEN = "{_data: '" + Samples.EVENT_TOKEN + "'}";

  private static byte[] bytes(String reply) {
    return Samples.bytes(reply);
  }

  private static Reply decode(byte[] reply) {
    return new RawBsonDocument(reply).decode(new Reply.Codec());
  }

  private static Reply reply(String json) {
    Reply reply = decode(bytes(json));
    assertThat(reply.error()).isNull();
    return reply;
  }

  @Test
  void hasWhatTheServerSaysOfACursor() {
    Reply reply =
        reply(
            "{cursor: {nextBatch: [{_id: 1}, {_id: 2, a: 'x'}], postBatchResumeToken: "
                + TOKEN
                + ", id: {$numberLong: '7'}, ns: 'shop.orders'}, ok: 1, operationTime:"
                + " {$timestamp: {t: 1, i: 1}}}");

    assertThat(reply.cursor()).isEqualTo(7);
    assertThat(reply.namespace()).isEqualTo(new MongoNamespace("shop", "orders"));
    assertThat(reply.events()).containsExactly(bytes("{_id: 1}"), bytes("{_id: 2, a: 'x'}"));
    assertThat(reply.meanSize())
        .isEqualTo(bytes("{a: [{_id: 1}, {_id: 2, a: 'x'}]}").length / 2 - 4);
    assertThat(reply.token()).isEqualTo(ResumePosition.ofToken(Tokens.ofHex(Samples.EVENT_TOKEN)));
  }

  @Test
  void canHaveNeitherEventsNorATokenAndEndTheCursor() {
    Reply reply =
        reply("{ok: 1, cursor: {firstBatch: [], id: {$numberLong: '0'}, ns: 'a.$cmd.aggregate'}}");

    assertThat(reply.cursor()).isZero();
    assertThat(reply.namespace().getCollectionName()).isEqualTo("$cmd.aggregate");
    assertThat(reply.events()).isEmpty();
    assertThat(reply.meanSize()).isZero();
    assertThat(reply.token()).isNull();
  }

  @Test
  void copiesEventsOutOfALargerArray() {
    byte[] reply =
        bytes("{cursor: {id: {$numberLong: '7'}, ns: 'a.b', firstBatch: [{_id: 1, a: 'x'}]}}");
    byte[] larger = new byte[reply.length + 50];
    System.arraycopy(reply, 0, larger, 20, reply.length);

    Reply received = new RawBsonDocument(larger, 20, reply.length).decode(new Reply.Codec());
    Arrays.fill(larger, (byte) 0);

    assertThat(received.events()).containsExactly(bytes("{_id: 1, a: 'x'}"));
  }

  @Test
  void doesNotLookIntoEvents() {
    byte[] reply =
        bytes("{cursor: {firstBatch: [{abcd: 1}], id: {$numberLong: '7'}, ns: 'a.b'}, ok: 1}");
    byte[] event = bytes("{abcd: 1}");
    int at = indexOf(reply, "abcd");
    reply[at - 1] = 0x7E; // A type that does not exist.
    event[4] = 0x7E;

    assertThat(decode(reply).events()).containsExactly(event);
  }

  private static int indexOf(byte[] bytes, String text) {
    return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(text);
  }

  @Test
  void canHaveAnErrorDespiteItsOk() {
    Reply received =
        decode(bytes("{ok: 1, code: 43, errmsg: 'gone', errorLabels: ['a'], codeName: 'X'}"));

    assertThat(received.error())
        .isEqualTo(
            BsonDocument.parse("{code: 43, errmsg: 'gone', errorLabels: ['a'], codeName: 'X'}"));
  }

  @Test
  void withoutACursorIsAnError() {
    assertThat(decode(bytes("{ok: 1}")).error()).isEqualTo(new BsonDocument());
  }

  @ParameterizedTest
  @ValueSource(strings = {"code: 43", "errmsg: 'gone'"})
  void canHaveAnErrorBesideACursor(String field) {
    byte[] reply =
        bytes(
            "{cursor: {nextBatch: [{_id: 1}], id: {$numberLong: '7'}, ns: 'a.b'}, " + field + "}");

    assertThat(decode(reply).error()).isEqualTo(BsonDocument.parse("{" + field + "}"));
  }

  @Test
  void hasNoErrorWithLabelsAlone() {
    Reply reply =
        reply(
            "{ok: 1, errorLabels: [], cursor: {id: {$numberLong: '7'}, nextBatch: [], ns: 'a.b'}}");

    assertThat(reply.cursor()).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", ns: ''", ", ns: 'a'", ", ns: 'a.'", ", ns: '.a'"})
  void withoutANamespaceIsNotRead(String namespace) {
    byte[] reply = bytes("{cursor: {nextBatch: [], id: {$numberLong: '7'}" + namespace + "}}");

    assertThatThrownBy(() -> decode(reply)).isInstanceOf(BSONException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, -1, Integer.MAX_VALUE})
  void withAnEventOfAnotherSizeIsNotRead(int size) {
    byte[] reply =
        bytes("{cursor: {firstBatch: [{abcd: 1}], id: {$numberLong: '7'}, ns: 'a.b'}, ok: 1}");
    BsonBytes.putInt32(reply, indexOf(reply, "abcd") - 5, size);

    assertThatThrownBy(() -> decode(reply)).isInstanceOf(BSONException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 11, 12, 13, 14})
  void withAnEventThatHidesTheEventsAfterItIsNotRead(int size) {
    byte[] reply =
        bytes("{cursor: {nextBatch: [{abcd: 1}, {_id: 2}], id: {$numberLong: '7'}, ns: 'a.b'}}");
    int event = indexOf(reply, "abcd") - 5;
    BsonBytes.putInt32(reply, event, size);

    assertThat(reply[event + size]).isZero(); // The array seems to end behind the event.
    assertThatThrownBy(() -> decode(reply)).isInstanceOf(BSONException.class);
  }

  @Test
  void withAnotherValueThanAnEventIsNotRead() {
    byte[] reply =
        bytes("{cursor: {firstBatch: [{_id: 1}, 7], id: {$numberLong: '7'}, ns: 'a.b'}, ok: 1}");

    assertThatThrownBy(() -> decode(reply)).isInstanceOf(BSONException.class);
  }
}
