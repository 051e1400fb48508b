package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.perennial.port.Message;
import dev.perennial.source.tap.internal.message.Json;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** The decoder against Jackson's own reading of the same message. */
class TapCodecTest {

  private static final JsonMapper TREES =
      JsonMapper.builder().enable(JsonNodeFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final JsonMapper STRICT =
      JsonMapper.builder(
              // As for every text message, nothing but UTF-8 is JSON.
              JsonFactory.builder().disable(TokenStreamFactory.Feature.CHARSET_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final JsonMapper WITHOUT_DUPLICATES =
      STRICT.rebuild().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static final String[] SNIPPETS = {
    "",
    "",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "\\u",
    "\\u00e4",
    "\\x",
    "/",
    "0",
    "1",
    "-",
    "+",
    ".",
    "e",
    "E1",
    "00",
    "true",
    "fals",
    "null",
    "NaN",
    " ",
    "\n",
    "\t",
    "\f",
    "\u0000",
    "\u001f",
    "\u007f",
    "\u00a0",
    "ä",
    "{}",
    "[]",
    "[1,]",
    "{\"a\":1},",
    "\"id\":1,",
    "'",
    "//",
    "\uFEFF"
  };

  private final TapDecoder decoder = new TapDecoder(Json.MAPPER);

  @Property
  void recordsSayWhatTheirTreesSay(@ForAll Random random) {
    RandomJson json = new RandomJson(random);
    String id = json.id();
    String message = json.recordMessage(id);

    TapRecord event = decode(TapRecord.class, message);

    JsonNode tree = TREES.readTree(message);
    JsonNode record = tree.path("record");
    assertThat(event.id()).hasValue(Long.parseUnsignedLong(id));
    assertThat(event.isLive()).isEqualTo(record.path("live").asBoolean());
    assertThat(event.did()).isEqualTo(record.path("did").asString());
    assertThat(event.rev()).isEqualTo(record.path("rev").asString());
    assertThat(event.collection()).isEqualTo(record.path("collection").asString());
    assertThat(event.rkey()).isEqualTo(record.path("rkey").asString());
    assertThat(event.action().value()).isEqualTo(record.path("action").asString());
    assertThat(event.cid().orElse(null))
        .isEqualTo(record.path("cid").isString() ? record.path("cid").asString() : null);
    assertThat(event.record().isPresent()).isEqualTo(record.path("record").isObject());
    event.record().ifPresent(payload -> assertThat(payload).isEqualTo(record.path("record")));
    assertThat(event.json()).isEqualTo(tree);
    assertThat(event.rawText()).isEqualTo(message);
    assertThat(event.toString()).doesNotContain("\n", "\r");
  }

  private static <E extends TapEvent> E decode(Class<E> kind, String message) {
    TapEvent event = TapEvent.parse(message);
    assertThat(event).as(message).isInstanceOf(kind);
    return kind.cast(event);
  }

  @Property
  void identitiesSayWhatTheirTreesSay(@ForAll Random random) {
    RandomJson json = new RandomJson(random);
    String id = json.id();
    String message = json.identityMessage(id);

    TapIdentity event = decode(TapIdentity.class, message);

    JsonNode identity = TREES.readTree(message).path("identity");
    assertThat(event.id()).hasValue(Long.parseUnsignedLong(id));
    assertThat(event.did()).isEqualTo(identity.path("did").asString());
    assertThat(event.handle()).isEqualTo(identity.path("handle").asString());
    assertThat(event.isActive()).isEqualTo(identity.path("is_active").asBoolean());
    assertThat(event.status().value()).isEqualTo(identity.path("status").asString());
  }

  @Property
  void unknownTypesAreKept(@ForAll Random random) {
    RandomJson json = new RandomJson(random);
    String id = json.id();
    String type = "x" + json.text();
    String message = json.unknownMessage(id, type);

    TapUnknown event = decode(TapUnknown.class, message);

    assertThat(event.id()).hasValue(Long.parseUnsignedLong(id));
    assertThat(event.type()).isEqualTo(type);
    assertThat(event.json()).isEqualTo(TREES.readTree(message));
  }

  @Property(tries = 50)
  void truncationsAreMalformedAndNeverHaveAnotherId(@ForAll Random random) {
    RandomJson json = new RandomJson(random);
    String id = json.id();
    byte[] bytes = json.recordMessage(id).strip().getBytes(StandardCharsets.UTF_8);

    for (int length = 0; length < bytes.length; length++) {
      TapEvent event = decoder.decode(new Message.Text(Arrays.copyOf(bytes, length)));
      assertThat(event).isInstanceOf(TapMalformed.class);
      event.id().ifPresent(read -> assertThat(Long.toUnsignedString(read)).isEqualTo(id));
    }
  }

  @Property
  void randomBytesAreMalformed(@ForAll @Size(max = 200) byte[] bytes) {
    for (Message message :
        List.of(
            new Message.Text(bytes),
            new Message.Binary(bytes),
            new Message.TooLarge(bytes, 9_999))) {
      TapMalformed event = (TapMalformed) decoder.decode(message);
      assertThat(event.raw()).isEqualTo(bytes);
      assertThat(event.id()).isEmpty();
    }
    assertThat(TapEvent.parse(bytes)).isInstanceOf(TapMalformed.class);
  }

  @Example
  void theLastMessageIsNotKept() {
    WeakReference<byte[]> last = new WeakReference<>(decodeAndDrop());
    await()
        .until(() -> {
          System.gc();
          return last.refersTo(null);
        });
  }

  private byte[] decodeAndDrop() {
    byte[] bytes = utf8("{\"id\":1,\"type\":\"x\"}");
    assertThat(decoder.decode(new Message.Text(bytes))).isInstanceOf(TapUnknown.class);
    return bytes;
  }

  @Property
  void changedMessagesAreEvents(@ForAll Random random) {
    RandomJson json = new RandomJson(random);
    byte[] bytes = json.recordMessage(json.id()).getBytes(StandardCharsets.UTF_8);
    for (int changes = 1 + random.nextInt(5); changes > 0; changes--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }

    TapEvent event = decoder.decode(new Message.Text(bytes));

    assertThat(event.raw()).isEqualTo(bytes);
    assertThat(event.toString()).isNotBlank();
    TapPosition position = TapPosition.of(event, 1);
    assertThat(position.equals(TapPosition.of(event, 1))).isEqualTo(position.id().isPresent());
  }

  @Property(tries = 5_000)
  void changedTextsAreReadAsJacksonReadsThem(@ForAll Random random) {
    RandomJson json = new RandomJson(random);
    StringBuilder changed =
        new StringBuilder(
            random.nextBoolean() ? json.recordMessage(json.id()) : json.identityMessage(json.id()));
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      int from = random.nextInt(changed.length());
      int to = Math.min(changed.length(), from + random.nextInt(4));
      changed.replace(from, to, SNIPPETS[random.nextInt(SNIPPETS.length)]);
    }
    String message = new String(utf8(changed.toString()), StandardCharsets.UTF_8);

    TapEvent event = TapEvent.parse(message);

    JsonNode tree = treeOf(message);
    if (tree == null) {
      assertThat(event).as(message).isInstanceOf(TapMalformed.class);
    } else if (event instanceof TapMalformed malformed) {
      assertThat(malformed.cause()).as(message).message().doesNotContain("not JSON");
      // Jackson keeps the last of two fields, and reads -0 as 0.
      assertThat(isEvent(tree) && !hasDuplicates(message) && !message.contains("-0"))
          .as(message)
          .isFalse();
    } else {
      assertThat(isEvent(tree)).as(message).isTrue();
      assertThat(event.id()).hasValue(tree.path("id").bigIntegerValue().longValue());
      assertTree(event, message);
      JsonNode record = tree.path("record");
      if (event instanceof TapRecord each) {
        assertThat(each.did()).isEqualTo(record.path("did").asString());
        assertThat(each.rkey()).isEqualTo(record.path("rkey").asString());
        assertThat(each.action().value()).isEqualTo(record.path("action").asString());
        assertThat(each.hasRecord()).isEqualTo(record.path("record").isObject());
      }
    }
  }

  /** Returns whether all known fields are there, and of the right kind. */
  private static boolean isEvent(JsonNode tree) {
    JsonNode record = tree.path("record");
    JsonNode identity = tree.path("identity");
    return isId(tree.path("id"))
        && areTexts(tree, "type")
        && switch (tree.path("type").asString()) {
          case "record" ->
              areTexts(record, "did", "rev", "collection", "rkey", "action")
                  && record.path("live").isBoolean()
                  && (record.path("record").isObject() || isNone(record.path("record")))
                  && (record.path("cid").isString() || isNone(record.path("cid")));
          case "identity" ->
              areTexts(identity, "did", "handle", "status")
                  && identity.path("is_active").isBoolean();
          default -> true;
        };
  }

  private static boolean isId(JsonNode id) {
    return id.isIntegralNumber()
        && id.bigIntegerValue().signum() >= 0
        && id.bigIntegerValue().bitLength() <= Long.SIZE;
  }

  private static boolean areTexts(JsonNode object, String... fields) {
    return Arrays.stream(fields).allMatch(field -> object.path(field).isString());
  }

  private static boolean isNone(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  private static boolean hasDuplicates(String message) {
    try {
      WITHOUT_DUPLICATES.readTree(utf8(message));
      return false;
    } catch (JacksonException e) {
      return true;
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads one whole JSON value; null if the text is none. Numbers with an exponent become doubles,
   * which can be infinite, so that each text that is JSON has a tree.
   */
  private static @Nullable JsonNode treeOf(String text) {
    try {
      return STRICT.readTree(utf8(text));
    } catch (JacksonException e) {
      return null;
    }
  }

  private static void assertTree(TapEvent event, String message) {
    JsonNode tree;
    try {
      tree = TREES.readTree(utf8(message));
    } catch (NumberFormatException e) {
      assertThatThrownBy(event::json).isInstanceOf(TapPayloadException.class);
      return;
    }
    assertThat(event.json()).isEqualTo(tree);
    if (event instanceof TapRecord each) {
      each.record()
          .ifPresent(payload -> assertThat(payload).isEqualTo(tree.path("record").path("record")));
    }
  }
}
