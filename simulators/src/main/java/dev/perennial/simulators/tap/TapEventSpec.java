package dev.perennial.simulators.tap;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** An event for the simulator to send. */
public sealed interface TapEventSpec {

  /** The DID whose order the event keeps. */
  String did();

  /**
   * Whether the event is a barrier: it waits for all earlier events of its DID, and later ones wait
   * for it.
   */
  boolean live();

  /**
   * Identifies this event among all others in the {@link Ledger}, which ids do not: they begin
   * again at 1.
   */
  String key();

  /**
   * The message on the wire.
   *
   * @param id the event's id, an unsigned number
   */
  byte[] encode(long id);

  /**
   * A record that was created, updated or deleted.
   *
   * @param rev the repository's revision; empty to have the simulator take the next
   * @param action {@code create}, {@code update} or {@code delete}, or any other value to see it
   *     handled
   * @param cid absent if null
   * @param json the record itself, as JSON text; absent if null
   */
  record RecordChange(
      String did,
      String rev,
      String collection,
      String rkey,
      String action,
      boolean live,
      @Nullable String cid,
      @Nullable String json)
      implements TapEventSpec {

    RecordChange withRev(String rev) {
      return new RecordChange(did, rev, collection, rkey, action, live, cid, json);
    }

    @Override
    public String key() {
      return recordKey(did, rev, collection, rkey);
    }

    @Override
    public byte[] encode(long id) {
      StringBuilder text = new StringBuilder(400 + (json == null ? 0 : json.length()));
      text.append("{\"id\":").append(Long.toUnsignedString(id));
      text.append(",\"type\":\"record\",\"record\":{\"live\":").append(live);
      field(text, "did", did);
      field(text, "rev", rev);
      field(text, "collection", collection);
      field(text, "rkey", rkey);
      field(text, "action", action);
      if (json != null) {
        text.append(",\"record\":").append(json);
      }
      if (cid != null) {
        field(text, "cid", cid);
      }
      return text.append("}}").toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * An account that changed its handle or its status.
   *
   * @param status {@code active}, {@code takendown}, {@code suspended}, {@code deactivated} or
   *     {@code deleted}
   */
  record IdentityChange(String did, String handle, boolean active, String status)
      implements TapEventSpec {

    /** Always false: it is no barrier. */
    @Override
    public boolean live() {
      return false;
    }

    @Override
    public String key() {
      return identityKey(did, handle, status);
    }

    @Override
    public byte[] encode(long id) {
      StringBuilder text = new StringBuilder(256);
      text.append("{\"id\":").append(Long.toUnsignedString(id));
      text.append(",\"type\":\"identity\",\"identity\":{\"did\":");
      Json.quote(text, did);
      field(text, "handle", handle);
      text.append(",\"is_active\":").append(active);
      field(text, "status", status);
      return text.append("}}").toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * Any text, sent as it is; the real server, too, sends what its database holds without a look at
   * it.
   *
   * @param text where each {@code $id} stands for the event's id
   */
  record RawText(String did, boolean live, String text) implements TapEventSpec {

    @Override
    public String key() {
      return text;
    }

    @Override
    public byte[] encode(long id) {
      return text.replace("$id", Long.toUnsignedString(id)).getBytes(StandardCharsets.UTF_8);
    }
  }

  /** The {@link #key()} of a record's event, from what a client knows of it. */
  static String recordKey(String did, String rev, String collection, String rkey) {
    return did + '/' + collection + '/' + rkey + '@' + rev;
  }

  /** The {@link #key()} of an identity's event, from what a client knows of it. */
  static String identityKey(String did, String handle, String status) {
    return did + '@' + handle + ' ' + status;
  }

  private static void field(StringBuilder text, String name, String value) {
    text.append(",\"").append(name).append("\":");
    Json.quote(text, value);
  }
}
