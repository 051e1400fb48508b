package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Message;
import dev.perennial.source.tap.internal.message.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** The decoder against Jackson's own reading of the same message. */
class TapCodecTest {

  private static final JsonMapper TREES =
      JsonMapper.builder().enable(JsonNodeFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

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
}
