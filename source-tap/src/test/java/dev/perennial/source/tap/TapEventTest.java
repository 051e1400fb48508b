package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Malformed;
import dev.perennial.port.Message;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

class TapEventTest {

  private static TapRecord record(String json) {
    return (TapRecord) TapEvent.parse(json);
  }

  private static TapMalformed malformed(String json) {
    assertThat(TapEvent.parse(json)).as(json).isInstanceOf(TapMalformed.class);
    return (TapMalformed) TapEvent.parse(json);
  }

  @Test
  @DisplayName("record-parse: every field of a creation, its payload on request")
  void creation() {
    TapRecord event = record(Messages.record("17"));

    assertThat(event.id()).isEqualTo(17);
    assertThat(event.live()).isTrue();
    assertThat(event.did()).isEqualTo(Messages.DID);
    assertThat(event.rev()).isEqualTo("3kb3fge5lm32x");
    assertThat(event.collection()).isEqualTo("app.bsky.feed.post");
    assertThat(event.rkey()).isEqualTo("r17");
    assertThat(event.action()).isEqualTo(RecordAction.CREATE);
    assertThat(event.cid()).contains("bafyreib");
    assertThat(event.hasRecord()).isTrue();
    assertThat(event.recordBytes().orElseThrow())
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(Messages.POST);
    assertThat(event.record().orElseThrow().path("text").asString()).isEqualTo("hi");
    assertThat(event.uri()).isEqualTo("at://" + Messages.DID + "/app.bsky.feed.post/r17");
    assertThat(event).hasToString("TapRecord[17 live create " + event.uri() + "]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"create", "update", "delete"})
  @DisplayName("record-parse: the three actions")
  void actions(String action) {
    TapRecord event = record(Messages.record("1").replace("\"create\"", '"' + action + '"'));

    assertThat(event.action()).isEqualTo(RecordAction.of(action)).hasToString(action);
    assertThat(event.action().isKnown()).isTrue();
  }

  @Test
  @DisplayName("record-parse: a deletion has neither cid nor payload")
  void deletion() {
    TapRecord event = record(Messages.deletion("2"));

    assertThat(event.live()).isFalse();
    assertThat(event.action()).isSameAs(RecordAction.DELETE);
    assertThat(event.cid()).isEmpty();
    assertThat(event.hasRecord()).isFalse();
    assertThat(event.record()).isEmpty();
    assertThat(event.recordBytes()).isEmpty();
    assertThat(event.recordAs(Post.class)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {",\"cid\":\"bafyreib\"", ",\"record\":" + Messages.POST})
  @DisplayName("record-parse: a creation without cid or without payload is an event all the same")
  void creationWithoutOptionalFields(String field) {
    String json = Messages.record("3").replace(field, "");
    assertThat(json).isNotEqualTo(Messages.record("3"));

    TapRecord event = record(json);

    assertThat(event.cid().isPresent()).isEqualTo(json.contains("cid"));
    assertThat(event.hasRecord()).isEqualTo(json.contains("$type"));
  }

  @Test
  @DisplayName("record-parse: null for an optional field is as good as none")
  void optionalFieldsNull() {
    TapRecord event =
        record(Messages.record("3").replace("\"bafyreib\"", "null").replace(Messages.POST, "null"));

    assertThat(event.cid()).isEmpty();
    assertThat(event.record()).isEmpty();
  }

  @Test
  @DisplayName("record-parse: unknown fields are kept")
  void unknownFieldsKept() {
    String json =
        Messages.record("4")
            .replace("\"live\"", "\"blocks\":[{\"a\":[1]}],\"live\"")
            .replace("{\"id\"", "{\"seq\":{\"x\":9},\"id\"");

    TapRecord event = record(json);

    assertThat(event.rawText()).isEqualTo(json);
    assertThat(event.json().at("/record/blocks/0/a/0").asInt()).isEqualTo(1);
    assertThat(event.json().at("/seq/x").asInt()).isEqualTo(9);
  }

  @Test
  @DisplayName("record-parse: an int64 in a payload keeps its digits")
  void largeInteger() {
    TapRecord event = record(Messages.record("4").replace("\"hi\"", "9223372036854775807"));

    assertThat(event.record().orElseThrow().path("text").asLong()).isEqualTo(Long.MAX_VALUE);
  }

  record Post(String text) {}

  record Odd(int someText) {}

  @Test
  void payloadAsOwnType() {
    assertThat(record(Messages.record("5")).recordAs(Post.class)).contains(new Post("hi"));
  }

  @Test
  void payloadWithOwnMapper() {
    JsonMapper mapper =
        JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();
    TapRecord event = record(Messages.record("5").replace("\"text\":\"hi\"", "\"some_text\":7"));

    assertThat(event.recordAs(Odd.class, mapper)).contains(new Odd(7));
  }

  @Test
  void payloadThatDoesNotFit() {
    TapRecord event = record(Messages.record("5").replace("\"text\":\"hi\"", "\"someText\":\"x\""));

    assertThatThrownBy(() -> event.recordAs(Odd.class))
        .isInstanceOf(TapPayloadException.class)
        .hasMessageContaining("TapRecord[5 ")
        .hasMessageContaining(Odd.class.getName());
  }

  @Test
  void eventsCannotBeChanged() {
    byte[] json = Messages.record("6").getBytes(StandardCharsets.UTF_8);
    TapRecord event = (TapRecord) TapEvent.parse(json);

    Arrays.fill(json, (byte) ' ');
    Arrays.fill(event.raw(), (byte) ' ');
    Arrays.fill(event.recordBytes().orElseThrow(), (byte) ' ');
    ((tools.jackson.databind.node.ObjectNode) event.record().orElseThrow()).removeAll();

    assertThat(event.rawText()).isEqualTo(Messages.record("6"));
    assertThat(event.record().orElseThrow().path("text").asString()).isEqualTo("hi");
  }

  @Test
  void payloadFromManyThreads() throws Exception {
    TapRecord event = record(Messages.record("6"));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<JsonNode> parse = () -> event.record().orElseThrow();
      for (Future<JsonNode> parsed : threads.invokeAll(java.util.Collections.nCopies(64, parse))) {
        assertThat(parsed.get()).isEqualTo(event.record().orElseThrow());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void equalIfTheSameBytes() {
    assertThat(record(Messages.record("7")))
        .isEqualTo(record(Messages.record("7")))
        .hasSameHashCodeAs(record(Messages.record("7")))
        .isNotEqualTo(record(Messages.record("8")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"active", "takendown", "suspended", "deactivated", "deleted"})
  @DisplayName("identity-parse: the five statuses")
  void statuses(String status) {
    TapIdentity event =
        (TapIdentity)
            TapEvent.parse(Messages.identity("8", "a.test", status.equals("active"), status));

    assertThat(event.id()).isEqualTo(8);
    assertThat(event.did()).isEqualTo(Messages.DID);
    assertThat(event.handle()).isEqualTo("a.test");
    assertThat(event.active()).isEqualTo(status.equals("active"));
    assertThat(event.status()).isSameAs(AccountStatus.of(status)).hasToString(status);
    assertThat(event.status().isKnown()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "handle.invalid"})
  @DisplayName("identity-parse: a handle that Tap could not resolve")
  void unresolvedHandles(String handle) {
    TapIdentity event =
        (TapIdentity) TapEvent.parse(Messages.identity("9", handle, false, "deleted"));

    assertThat(event.handle()).isEqualTo(handle);
    assertThat(event).hasToString("TapIdentity[9 " + Messages.DID + " \"" + handle + "\" deleted]");
  }

  @Test
  @DisplayName("forward-compat: an unknown type is an event with id, type and all its JSON")
  void unknownType() {
    String json =
        "{\"id\":10,\"type\":\"label\",\"label\":{\"val\":\"x\"},\"record\":5,\"identity\":[{}]}";

    TapUnknown event = (TapUnknown) TapEvent.parse(json);

    assertThat(event.id()).isEqualTo(10);
    assertThat(event.type()).isEqualTo("label");
    assertThat(event.rawText()).isEqualTo(json);
    assertThat(event.json().at("/label/val").asString()).isEqualTo("x");
  }

  @Test
  @DisplayName("forward-compat: an unknown action and an unknown status are delivered as such")
  void unknownWords() {
    TapRecord record = record(Messages.record("11").replace("\"create\"", "\"archive\""));
    TapIdentity identity =
        (TapIdentity) TapEvent.parse(Messages.identity("12", "a.test", true, "asleep"));

    assertThat(record.action()).isEqualTo(RecordAction.of("archive"));
    assertThat(record.action().isKnown()).isFalse();
    assertThat(record.record()).isPresent();
    assertThat(identity.status()).isEqualTo(AccountStatus.of("asleep"));
    assertThat(identity.status().isKnown()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "1",
        "999999999999999999",
        "1000000000000000000",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "10000000000000000000",
        "18446744073709551609",
        "18446744073709551610",
        "18446744073709551615"
      })
  @DisplayName("id-range: every unsigned 64-bit number is read exactly")
  void idRange(String id) {
    assertThat(Long.toUnsignedString(record(Messages.record(id)).id())).isEqualTo(id);
    assertThat(record(Messages.record(id))).asString().startsWith("TapRecord[" + id + " ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "18446744073709551616",
        "18446744073709551620",
        "28446744073709551615",
        "184467440737095516150",
        "99999999999999999999",
        "-1",
        "-0",
        "1.0",
        "1e2",
        "\"1\"",
        "null",
        "true",
        "[1]",
        "{\"id\":1}"
      })
  @DisplayName("id-range: anything else is no id, and the message malformed")
  void idsOutOfRange(String id) {
    TapMalformed event = malformed(Messages.record(id));

    assertThat(event.id()).isEmpty();
    assertThat(event.cause()).hasMessageContaining("\"id\"");
    assertThat(event).asString().contains("no id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "null",
        "17",
        "\"x\"",
        "[]",
        "[{\"id\":1}]",
        "{}",
        "{\"type\":\"record\"}",
        "nope",
        "{\"id\":12",
        "{'id':1}",
        "{\"id\":01,\"type\":\"x\"}",
        "\uFEFF{\"id\":1,\"type\":\"x\"}",
        "{\"id\":1,\"type\":\"x\",\"id\":1}",
        "{\"id\":1,\"type\":\"x\",\"id\":\"2\"}",
        "{\"id\":\"2\",\"type\":\"x\",\"id\":1}"
      })
  @DisplayName("poison-invalid-json: malformed, with its raw text and without an id")
  void poisonWithoutId(String json) {
    TapMalformed event = malformed(json);

    assertThat(event.id()).isEmpty();
    assertThat(event.rawText()).isEqualTo(json);
    assertThat(event.raw()).isEqualTo(json.getBytes(StandardCharsets.UTF_8));
    assertThat(event.size()).isEqualTo(event.raw().length);
    assertThat(event.cause()).message().isNotBlank();
    assertThat(event).isInstanceOf(Malformed.class);
  }

  static Stream<String> poisonWithId() {
    String record = Messages.record("21");
    String identity = Messages.identity("21", "a.test", true, "active");
    return Stream.of(
        // Broken after the id.
        "{\"id\":21,",
        "{\"id\":21 ",
        "{\"id\":21}",
        "{\"id\":21,\"type\":\"record\",\"record\":{bad",
        record.substring(0, record.length() - 1),
        record + "}",
        record + " {}",
        record + "x",
        record.replace("\"hi\"", "\"h\ni\""),
        record.replace("\"hi\"", "\"\\x\""),
        record.replace("\"hi\"", "NaN"),
        record.replace("\"hi\"", "'hi'"),
        record.replace("}}", ",}}"),
        // Of a known kind, and not like it.
        "{\"id\":21,\"type\":7}",
        "{\"id\":21,\"type\":\"record\"}",
        "{\"id\":21,\"type\":\"identity\"}",
        "{\"id\":21,\"type\":\"record\",\"record\":null}",
        "{\"id\":21,\"type\":\"record\",\"record\":[]}",
        "{\"id\":21,\"type\":\"identity\",\"identity\":\"x\"}",
        "{\"id\":21,\"type\":\"record\",\"type\":\"record\"}",
        record.replace("\"live\":true", "\"live\":\"true\""),
        record.replace("\"live\":true", "\"live\":1"),
        record.replace("\"live\":true", "\"live\":null"),
        record.replace("\"live\":true", "\"live\":{\"a\":[1]}"),
        record.replace("\"live\":true,", ""),
        record.replace("\"did\":", "\"dod\":"),
        record.replace("\"rev\":", "\"ver\":"),
        record.replace("\"rev\":\"3kb3fge5lm32x\"", "\"rev\":3"),
        record.replace("\"collection\":", "\"coll\":"),
        record.replace("\"rkey\":", "\"key\":"),
        record.replace("\"action\":", "\"act\":"),
        record.replace("\"create\"", "[\"create\"]"),
        record.replace("\"bafyreib\"", "{\"$link\":\"bafyreib\"}"),
        record.replace(Messages.POST, "\"text\""),
        record.replace(Messages.POST, "[1]"),
        record.replace("\"action\"", "\"rev\":\"3kb3fge5lm32x\",\"action\""),
        record.replace("\"cid\"", "\"record\":{},\"cid\""),
        identity.replace("\"did\":", "\"dod\":"),
        identity.replace("\"handle\":", "\"hand\":"),
        identity.replace("\"is_active\":true,", ""),
        identity.replace("\"is_active\":true", "\"is_active\":0"),
        identity.replace("\"status\":", "\"state\":"),
        identity.replace("\"active\"", "null"));
  }

  @ParameterizedTest
  @MethodSource
  @DisplayName("poison-with-id: malformed, with its id")
  void poisonWithId(String json) {
    TapMalformed event = malformed(json);

    assertThat(event.id()).isEqualTo(OptionalLong.of(21));
    assertThat(event.rawText()).isEqualTo(json);
    assertThat(event).asString().startsWith("TapMalformed[21, ");
  }

  @Test
  @DisplayName("poison-with-id: says what is wrong")
  void saysWhatIsWrong() {
    assertThat(
            malformed(Messages.record("1").replace("\"rev\":\"3kb3fge5lm32x\"", "\"rev\":3"))
                .cause())
        .hasMessage("\"rev\" of \"record\" must be a text, but is a number");
    assertThat(malformed("{\"id\":1,\"type\":\"identity\",\"identity\":{}}").cause())
        .hasMessage("\"identity\" lacks \"did\"");
    assertThat(malformed("[]").cause())
        .hasMessage("the message must be an object, but is an array");
    assertThat(malformed("").cause()).hasMessage("the message must be an object, but is empty");
    assertThat(malformed("{\"id\":1,\"type\":\"a\",\"type\":\"b\"}").cause())
        .hasMessage("the message has more than one \"type\"");
  }

  @ParameterizedTest
  @CsvSource({"1000", "20000", "90000"})
  @DisplayName("deep-nesting: an event, its id readable, no stack overflow")
  void deepNesting(int depth) {
    String deep = "[".repeat(depth) + "]".repeat(depth);
    TapRecord event = record(Messages.record("31").replace("\"hi\"", deep));

    assertThat(event.id()).isEqualTo(31);
    assertThat(event.recordBytes().orElseThrow()).hasSizeGreaterThan(2 * depth);
    assertThatThrownBy(event::record).isInstanceOf(TapPayloadException.class);
  }

  @Test
  @DisplayName("deep-nesting: a megabyte of brackets is malformed, with its id")
  void hostileNesting() {
    assertThat(malformed(Messages.record("32").replace("\"hi\"", "[".repeat(3_000_000))).id())
        .isEqualTo(OptionalLong.of(32));
    assertThat(malformed("{\"a\":".repeat(1_000_000)).id()).isEmpty();
  }

  @Test
  @DisplayName("deep-nesting: as deep as Jackson reads, the payload is a tree")
  void moderateNesting() {
    String deep = "[".repeat(400) + "]".repeat(400);

    assertThat(record(Messages.record("33").replace("\"hi\"", deep)).record()).isPresent();
  }

  @Test
  @DisplayName("3 MB: one text, one number and one name of that size")
  void threeMegabytes() {
    String text = "ä".repeat(1_500_000);
    TapRecord event = record(Messages.record("34").replace("\"hi\"", '"' + text + '"'));
    assertThat(event.record().orElseThrow().path("text").asString()).isEqualTo(text);

    assertThat(record(Messages.record("35").replace("\"hi\"", "1".repeat(3_000_000))).hasRecord())
        .isTrue();
    assertThat(
            record(Messages.record("36").replace("\"text\"", '"' + "n".repeat(3_000_000) + '"'))
                .record())
        .isPresent();
  }

  @Test
  void binaryMessage() {
    byte[] bytes = Messages.record("41").getBytes(StandardCharsets.UTF_8);

    TapMalformed event =
        (TapMalformed) new TapDecoder(Json.MAPPER).decode(new Message.Binary(bytes));

    assertThat(event.id()).isEqualTo(OptionalLong.of(41));
    assertThat(event.size()).isEqualTo(bytes.length);
    assertThat(event.cause()).hasMessageContaining("binary");
  }

  @Test
  void tooLargeMessage() {
    byte[] head = Arrays.copyOf(Messages.record("42").getBytes(StandardCharsets.UTF_8), 100);

    TapMalformed event =
        (TapMalformed) new TapDecoder(Json.MAPPER).decode(new Message.TooLarge(head, 20_000_000));

    assertThat(event.id()).isEqualTo(OptionalLong.of(42));
    assertThat(event.size()).isEqualTo(20_000_000);
    assertThat(event.raw()).isEqualTo(head);
    assertThat(event.cause()).hasMessageContaining("size limit");
  }

  @Test
  void otherEncodingsAreMalformed() {
    for (var charset :
        List.of(StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16)) {
      assertThat(TapEvent.parse(Messages.record("1").getBytes(charset)))
          .isInstanceOf(TapMalformed.class);
      assertThat(
              new TapDecoder(Json.MAPPER)
                  .decode(new Message.Text(Messages.record("1").getBytes(charset))))
          .isInstanceOf(TapMalformed.class);
    }
    byte[] latin = Messages.record("1", "é").getBytes(StandardCharsets.ISO_8859_1);
    assertThat(TapEvent.parse(latin)).isInstanceOf(TapMalformed.class);
  }

  @Test
  void jsonOfWhatIsNone() {
    assertThatThrownBy(() -> TapEvent.parse("{nope").json())
        .isInstanceOf(TapPayloadException.class)
        .hasMessageContaining("TapMalformed");
  }

  @Test
  void toStringIsShortAndOfOneLine() {
    TapRecord event = record(Messages.record("51", "a\\nb\\u001b[31m\\u202e" + "x".repeat(10_000)));
    TapUnknown unknown =
        (TapUnknown) TapEvent.parse("{\"id\":1,\"type\":\"a\\r\\nb" + "x".repeat(10_000) + "\"}");

    assertThat(event.toString()).hasSizeLessThan(300).doesNotContain("\n", "\u001b", "\u202e");
    assertThat(unknown.toString()).hasSizeLessThan(300).doesNotContain("\n", "\r");
    assertThat(event.rkey()).contains("\n");
  }
}
