package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Malformed;
import dev.perennial.port.Message;
import dev.perennial.source.tap.internal.message.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TapMalformedTest {

  private static TapMalformed malformed(String json) {
    assertThat(TapEvent.parse(json)).as(json).isInstanceOf(TapMalformed.class);
    return (TapMalformed) TapEvent.parse(json);
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
        "{\"id\":1,\"type\":\"x\",\"id\":\"2",
        "{\"id\":1,\"type\":\"x\",\"i\\u0064\":1}",
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
        .hasMessage(problem("\"rev\" of \"record\" must be a text, but is a number"));
    assertThat(malformed("{\"id\":1,\"type\":\"identity\",\"identity\":{}}").cause())
        .hasMessage(problem("\"identity\" lacks \"did\""));
    assertThat(malformed("[]").cause())
        .hasMessage(problem("the message must be an object, but is an array"));
    assertThat(malformed("").cause())
        .hasMessage(problem("the message must be an object, but is empty"));
    assertThat(malformed("{\"id\":1,\"type\":\"a\",\"type\":\"b\"}").cause())
        .hasMessage(problem("the message has more than one \"type\""));
  }

  private static String problem(String problem) {
    return "Cannot decode a message from Tap: " + problem + ".";
  }

  @Test
  @DisplayName("deep-nesting: a megabyte of brackets is malformed, with its id")
  void hostileNesting() {
    assertThat(malformed(Messages.record("32").replace("\"hi\"", "[".repeat(3_000_000))).id())
        .isEqualTo(OptionalLong.of(32));
    assertThat(malformed("{\"a\":".repeat(1_000_000)).id()).isEmpty();
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
}
