package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Message;
import dev.perennial.source.tap.internal.message.Json;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TapPositionTest {

  private static final long FIRST = 1;
  private static final long SECOND = 2;

  private static TapPosition position(String json, long connection) {
    return TapPosition.of(TapEvent.parse(json), connection);
  }

  @Test
  @DisplayName(
      "dup-in-flight, dup-settled: a record's copy has the same position on any connection")
  void recordsCopy() {
    TapPosition position = position(Messages.record("1"), FIRST);

    assertThat(position)
        .isEqualTo(position(Messages.record("1"), FIRST))
        .isEqualTo(position(Messages.record("1"), SECOND))
        .hasSameHashCodeAs(position(Messages.record("1"), SECOND));
    assertThat(position.id()).hasValue(1);
  }

  @Test
  @DisplayName("id-reuse: the same id with another payload has another position")
  void recordsReusedId() {
    assertThat(position(Messages.record("1", "a"), FIRST))
        .isNotEqualTo(position(Messages.record("1", "b"), FIRST))
        .isNotEqualTo(position(Messages.record("2", "a"), FIRST));
  }

  @Test
  @DisplayName(
      "dup-settled: a record's cid stands for its payload, which counts only without one or with an empty one")
  void cidStandsForPayload() {
    String record = Messages.record("1");
    String deletion = Messages.deletion("1");

    assertThat(position(record, FIRST))
        .isEqualTo(position(record.replace("\"hi\"", "\"ho\""), FIRST))
        .isNotEqualTo(position(record.replace("bafyreib", "bafyreic"), FIRST))
        .isNotEqualTo(position(record.replace(Messages.POST, "null"), FIRST));
    String withoutCid = record.replace(",\"cid\":\"bafyreib\"", "");
    assertThat(position(withoutCid, FIRST))
        .isEqualTo(position(withoutCid, SECOND))
        .isNotEqualTo(position(withoutCid.replace("\"hi\"", "\"ho\""), FIRST));
    String emptyCid = record.replace("bafyreib", "");
    assertThat(position(emptyCid, FIRST))
        .isEqualTo(position(emptyCid, SECOND))
        .isNotEqualTo(position(emptyCid.replace("\"hi\"", "\"ho\""), FIRST));
    assertThat(position(deletion, FIRST))
        .isEqualTo(position(deletion, SECOND))
        .isNotEqualTo(position(deletion.replace("3kb3", "3kb4"), FIRST));
  }

  @Test
  @DisplayName(
      "dup-in-flight: of every other kind, a copy has the same position on the same connection only")
  void othersCopy() {
    for (String json :
        List.of(
            Messages.identity("1", "a.test", true, "active"),
            "{\"id\":1,\"type\":\"label\"}",
            "{\"id\":1,\"type\":\"record\"}")) {
      assertThat(position(json, FIRST))
          .as(json)
          .isEqualTo(position(json, FIRST))
          .hasSameHashCodeAs(position(json, FIRST))
          .isNotEqualTo(position(json, SECOND));
      assertThat(position(json, SECOND)).isNotEqualTo(position(json, FIRST));
    }
  }

  @Test
  void withoutIdNeverTheSameAsAnother() {
    TapPosition position = position("nope", FIRST);

    assertThat(position).isEqualTo(position).isNotEqualTo(position("nope", FIRST));
    assertThat(position.id()).isEmpty();
  }

  @Test
  void sizeTellsCutOffMessagesApart() {
    byte[] head = "{\"id\":1,".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    TapDecoder decoder = new TapDecoder(Json.MAPPER);

    assertThat(TapPosition.of(decoder.decode(new Message.TooLarge(head, 1_000)), FIRST))
        .isEqualTo(TapPosition.of(decoder.decode(new Message.TooLarge(head, 1_000)), FIRST))
        .isNotEqualTo(TapPosition.of(decoder.decode(new Message.TooLarge(head, 1_001)), FIRST));
  }

  @Test
  void sizeTellsCutOffEventsApart() {
    byte[] head = "{\"id\":1,".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    TapDecoder decoder = new TapDecoder(Json.MAPPER);

    assertThat(decoder.decode(new Message.TooLarge(head, 1_000)))
        .isEqualTo(decoder.decode(new Message.TooLarge(head, 1_000)))
        .isNotEqualTo(decoder.decode(new Message.TooLarge(head, 1_001)));
  }

  @Test
  void everyKindTellsItsId() {
    for (String json :
        List.of(
            Messages.record("7"),
            Messages.identity("7", "a.test", true, "active"),
            "{\"id\":7,\"type\":\"label\"}",
            "{\"id\":7,\"type\":\"record\"}")) {
      assertThat(TapEvent.parse(json).id()).as(json).hasValue(7);
    }
    assertThat(TapEvent.parse("nope").id()).isEmpty();
  }

  @Test
  void notEqualToAnythingElse() {
    assertThat(position(Messages.record("1"), FIRST)).isNotEqualTo("x").isNotEqualTo(null);
  }

  @Test
  void toStringIsShort() {
    assertThat(position(Messages.record("18446744073709551615"), FIRST))
        .asString()
        .matches("TapPosition\\[18446744073709551615 [0-9a-f]{16}]");
    assertThat(position("nope", FIRST)).asString().matches("TapPosition\\[no id [0-9a-f]{16}]");
  }
}
