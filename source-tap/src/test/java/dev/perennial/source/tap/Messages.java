package dev.perennial.source.tap;

import dev.perennial.source.tap.TapUnderTest.Row;

/** Messages as Tap writes them. */
public final class Messages {

  static final String DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
  static final String POST = "{\"$type\":\"app.bsky.feed.post\",\"text\":\"hi\"}";

  private Messages() {}

  public static String record(String id) {
    return record(id, "r" + id);
  }

  public static String record(String id, String rkey) {
    return "{\"id\":"
        + id
        + ",\"type\":\"record\",\"record\":{\"live\":true,\"did\":\""
        + DID
        + "\",\"rev\":\"3kb3fge5lm32x\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\""
        + rkey
        + "\",\"action\":\"create\",\"record\":"
        + POST
        + ",\"cid\":\"bafyreib\"}}";
  }

  /** A record event as it stands in a Tap's outbox. */
  static Row row(long id, String did, boolean live, String rkey) {
    String message =
        record(Long.toString(id), rkey)
            .replace(DID, did)
            .replace("\"live\":true", "\"live\":" + live);
    return new Row(id, did, live, message);
  }

  static String deletion(String id) {
    return "{\"id\":"
        + id
        + ",\"type\":\"record\",\"record\":{\"live\":false,\"did\":\""
        + DID
        + "\",\"rev\":\"3kb3fge5lm32x\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\"r\",\"action\":\"delete\"}}";
  }

  static String identity(String id, String handle, boolean active, String status) {
    return "{\"id\":"
        + id
        + ",\"type\":\"identity\",\"identity\":{\"did\":\""
        + DID
        + "\",\"handle\":\""
        + handle
        + "\",\"is_active\":"
        + active
        + ",\"status\":\""
        + status
        + "\"}}";
  }
}
