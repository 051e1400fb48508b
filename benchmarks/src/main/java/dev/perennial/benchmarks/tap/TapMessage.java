package dev.perennial.benchmarks.tap;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An event as databind reads it: what an application declares that uses no SDK. */
record TapMessage(long id, String type, Body record) {

  /** The change of a record. */
  record Body(
      boolean live,
      String did,
      String rev,
      String collection,
      String rkey,
      String action,
      String cid,
      JsonNode record) {}

  private static final JsonMapper MAPPER = new JsonMapper();

  static TapMessage parse(String text) {
    return MAPPER.readValue(text, TapMessage.class);
  }

  void handle(Checksum checksum) {
    checksum.handle(record.did(), record.collection());
  }

  String ack() {
    return "{\"type\":\"ack\",\"id\":" + id + "}";
  }
}
