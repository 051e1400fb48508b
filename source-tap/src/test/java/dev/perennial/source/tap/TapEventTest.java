package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

class TapEventTest {

  private static TapRecord record(String json) {
    return (TapRecord) TapEvent.parse(json);
  }

  @Test
  @DisplayName("record-parse: every field of a creation, its payload on request")
  void creation() {
    TapRecord event = record(Messages.record("17"));

    assertThat(event.id()).hasValue(17);
    assertThat(event.isLive()).isTrue();
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

    assertThat(event.isLive()).isFalse();
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

    assertThat(event.id()).hasValue(8);
    assertThat(event.did()).isEqualTo(Messages.DID);
    assertThat(event.handle()).isEqualTo("a.test");
    assertThat(event.isActive()).isEqualTo(status.equals("active"));
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

    assertThat(event.id()).hasValue(10);
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
    assertThat(record(Messages.record(id)).id()).hasValue(Long.parseUnsignedLong(id));
    assertThat(record(Messages.record(id))).asString().startsWith("TapRecord[" + id + " ");
  }

  @ParameterizedTest
  @CsvSource({"1000", "20000", "90000", "1000000"})
  @DisplayName("deep-nesting: an event, its id readable, no stack overflow")
  void deepNesting(int depth) {
    String deep = "[".repeat(depth) + "]".repeat(depth);
    TapRecord event = record(Messages.record("31").replace("\"hi\"", deep));

    assertThat(event.id()).hasValue(31);
    assertThat(event.recordBytes().orElseThrow()).hasSizeGreaterThan(2 * depth);
    assertThatThrownBy(event::record).isInstanceOf(TapPayloadException.class);
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
  void toStringIsShortAndOfOneLine() {
    TapRecord event = record(Messages.record("51", "a\\nb\\u001b[31m\\u202e" + "x".repeat(10_000)));
    TapUnknown unknown =
        (TapUnknown) TapEvent.parse("{\"id\":1,\"type\":\"a\\r\\nb" + "x".repeat(10_000) + "\"}");

    assertThat(event.toString()).hasSizeLessThan(300).doesNotContain("\n", "\u001b", "\u202e");
    assertThat(unknown.toString()).hasSizeLessThan(300).doesNotContain("\n", "\r");
    assertThat(event.rkey()).contains("\n");
  }

  @Test
  void numbersOfPayloadsLoseNothing() {
    String digits = "1" + "0".repeat(1_999);
    String payload = "{\"a\":" + digits + ",\"b\":1e999999999,\"c\":0.1234567890123456789}";
    TapRecord event =
        (TapRecord) TapEvent.parse(Messages.record("1").replace(Messages.POST, payload));

    JsonNode record = event.record().orElseThrow();
    assertThat(record.path("a").bigIntegerValue()).isEqualTo(new BigInteger(digits));
    assertThat(record.path("b").decimalValue()).isEqualTo(new BigDecimal("1e999999999"));
    assertThat(record.path("c").decimalValue()).isEqualTo(new BigDecimal("0.1234567890123456789"));
    assertThat(event.json().path("record").path("record").path("b")).isEqualTo(record.path("b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1e99999999999}",
        "{\"a\":-1.5E-99999999999}",
        "{\"\\ud800\":1}",
      })
  void payloadsThatNoTreeCanHoldAreRefusedAsPayloads(String payload) {
    TapRecord event = record(Messages.record("1").replace(Messages.POST, payload));

    assertThat(event.recordBytes().orElseThrow())
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(payload);
    for (Callable<?> reading : List.<Callable<?>>of(event::record, event::json)) {
      assertThatThrownBy(reading::call)
          .isInstanceOf(TapPayloadException.class)
          .hasMessageStartingWith("Cannot read ")
          .hasMessageContaining(event.toString());
    }
  }
}
