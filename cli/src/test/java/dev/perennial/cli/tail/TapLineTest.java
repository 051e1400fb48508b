package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.source.tap.TapEvent;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TapLineTest {

  private static final String RECORD =
      "{\"id\":7,\"type\":\"record\",\"record\":{\"live\":%s,\"did\":\"did:plc:a\",\"rev\":\"3k\","
          + "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"r1\",\"action\":\"%s\",\"cid\":\"b\"}}";

  @Test
  void showsRecordsWithWhereTheyAre() {
    assertThat(text(RECORD.formatted("true", "create")))
        .matches(
            "\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z        7 create    did:plc:a app.bsky.feed.post/r1");
    assertThat(text(RECORD.formatted("false", "delete")))
        .endsWith("       7 delete    did:plc:a app.bsky.feed.post/r1 (backfill)");
  }

  @Test
  void showsIdentities() {
    String identity =
        "{\"id\":18446744073709551615,\"type\":\"identity\",\"identity\":{\"did\":\"did:plc:a\","
            + "\"handle\":\"%s\",\"is_active\":true,\"status\":\"active\"}}";
    assertThat(text(identity.formatted("a.test")))
        .endsWith(" 18446744073709551615 identity  did:plc:a a.test active");
    assertThat(text(identity.formatted(""))).endsWith(" did:plc:a (no handle) active");
  }

  @Test
  void showsUnknownAndMalformedEvents() {
    assertThat(text("{\"id\":9,\"type\":\"label\",\"label\":{}}"))
        .endsWith("        9 unknown   type label");
    assertThat(text("no\u001bjson")).endsWith("        - malformed 7 bytes: no\\u001bjson");
  }

  @Test
  void printsMessagesAsJsonLines() {
    assertThat(TapLine.json(TapEvent.parse("{\"id\":9,\n\"type\":\"label\"}")))
        .isEqualTo("{\"id\":9, \"type\":\"label\"}");
  }

  @Test
  void wrapsMalformedMessages() {
    String line = TapLine.json(TapEvent.parse("no\n\"json\""));
    assertThat(line.lines()).hasSize(1);
    JsonNode malformed = JsonMapper.shared().readTree(line).get("malformed");
    assertThat(malformed.get("raw").asString()).isEqualTo("no\n\"json\"");
    assertThat(malformed.get("size").asInt()).isEqualTo(9);
    assertThat(malformed.get("cause").asString()).isNotEmpty();
  }

  private static String text(String json) {
    return TapLine.text(TapEvent.parse(json));
  }
}
