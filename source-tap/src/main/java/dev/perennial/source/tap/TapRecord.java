package dev.perennial.source.tap;

import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.internal.message.JsonText;
import dev.perennial.source.tap.internal.message.MessageFields;
import dev.perennial.source.tap.internal.message.MessageFields.RecordField;
import dev.perennial.source.tap.internal.message.XxHash64;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The event of a record that was created, updated or deleted.
 *
 * <p>The message is kept as bytes, and each method decodes what it returns from them, so a field
 * that is not asked for costs nothing. The payload is the record itself; each call returns a new
 * copy of it. A deletion has no payload, nor has a creation or update whose record Tap could not
 * decode or found empty.
 *
 * <p>Tap guarantees no order across repos. Within a repo, no event follows a live event before that
 * is acked.
 */
public final class TapRecord extends TapEvent {

  private final boolean live;

  // The offsets of the fields in the message; 0 if the message has no such field.
  private final int did;
  private final int rev;
  private final int collection;
  private final int rkey;
  private final int action;
  private final int cid;
  private final int payloadStart;
  private final int payloadEnd;

  TapRecord(byte[] message, JsonMapper mapper, MessageFields fields) {
    super(message, mapper, fields);
    this.live = fields.isLive();
    this.did = fields.start(RecordField.DID);
    this.rev = fields.start(RecordField.REV);
    this.collection = fields.start(RecordField.COLLECTION);
    this.rkey = fields.start(RecordField.RKEY);
    this.action = fields.start(RecordField.ACTION);
    this.cid = fields.start(RecordField.CID);
    this.payloadStart = fields.start(RecordField.PAYLOAD);
    this.payloadEnd = fields.end(RecordField.PAYLOAD);
  }

  /**
   * Skips the payload if there is a cid, which is a cryptographic hash of it. An empty one, which
   * Tap never sends, says nothing of the payload.
   */
  @Override
  long digest() {
    if (cid == 0 || message[cid + 1] == '"' || !hasRecord()) {
      return super.digest();
    }
    long before = XxHash64.hash(message, 0, payloadStart, message.length);
    return XxHash64.hash(message, payloadEnd, message.length, before);
  }

  /** Returns whether the event is live; false if it comes from a backfill or a resync. */
  public boolean isLive() {
    return live;
  }

  /** Returns the DID of the record's repo. */
  @Override
  public String did() {
    return JsonText.decode(message, did);
  }

  /**
   * Returns the revision of the repo with this change. Do not filter by its order: a copy of an
   * event can arrive late and still be the first.
   */
  public String rev() {
    return JsonText.decode(message, rev);
  }

  /** Returns the record's collection. */
  public String collection() {
    return JsonText.decode(message, collection);
  }

  /** Returns the record's key within its collection. */
  public String rkey() {
    return JsonText.decode(message, rkey);
  }

  /** Returns the record's address: {@code at://did/collection/rkey}. */
  public String uri() {
    return "at://" + did() + '/' + collection() + '/' + rkey();
  }

  /** Returns what happened to the record. */
  public RecordAction action() {
    return RecordAction.decode(message, action);
  }

  /** Returns the content hash of the record; present for creations and updates. */
  public Optional<String> cid() {
    return cid == 0 ? Optional.empty() : Optional.of(JsonText.decode(message, cid));
  }

  /** Returns whether there is a payload. */
  public boolean hasRecord() {
    return payloadStart > 0;
  }

  /** Returns a copy of the payload's JSON in UTF-8, as it arrived; empty if there is no payload. */
  public Optional<byte[]> recordBytes() {
    return hasRecord()
        ? Optional.of(Arrays.copyOfRange(message, payloadStart, payloadEnd))
        : Optional.empty();
  }

  /**
   * Parses the payload as a tree. With the default mapper, numbers keep all their digits.
   *
   * @throws TapPayloadException if the source's mapper cannot read it; the default mapper reads up
   *     to 500 levels, numbers of up to 100,000 digits and with an exponent that fits into an int,
   *     and no names with half of a surrogate pair
   */
  public Optional<JsonNode> record() {
    return recordAs(JsonNode.class);
  }

  /**
   * Parses the payload as a type of the application with the source's mapper.
   *
   * @throws TapPayloadException if the mapper cannot read the payload, or it does not fit the type
   */
  public <T> Optional<T> recordAs(Class<T> type) {
    return recordAs(type, mapper);
  }

  /**
   * Parses the payload as a type of the application with another mapper.
   *
   * @throws TapPayloadException if the mapper cannot read the payload, or it does not fit the type
   */
  public <T> Optional<T> recordAs(Class<T> type, JsonMapper mapper) {
    if (!hasRecord()) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(
          mapper.readValue(message, payloadStart, payloadEnd - payloadStart, type));
    } catch (JacksonException | NumberFormatException e) {
      // Jackson lets the error of an exponent through that no decimal can hold.
      throw new TapPayloadException(
          "Cannot read the payload of "
              + this
              + " as "
              + type.getName()
              + ": "
              + TapPayloadException.reason(e)
              + ". Give a type or a mapper that fits it.",
          e);
    }
  }

  @Override
  public String toString() {
    return "TapRecord["
        + idText()
        + (live ? " live " : " ")
        + action()
        + ' '
        + LogText.brief(uri(), 200)
        + ']';
  }
}
