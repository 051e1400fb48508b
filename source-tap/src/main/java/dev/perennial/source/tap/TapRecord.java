package dev.perennial.source.tap;

import dev.perennial.port.LogText;
import dev.perennial.source.tap.internal.message.RecordFields;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A record was created, updated or deleted.
 *
 * <p>Its payload, the record itself, is kept as bytes and parsed when asked for, anew each time:
 * what is given is the caller's own. It is absent from a deletion, and from a creation or an update
 * too where Tap could not decode the record or the record is empty.
 *
 * <p>Tap gives no order across repos. Within one, a live event comes alone: nothing follows before
 * it is acked.
 */
public final class TapRecord extends TapEvent {

  private final long id;
  private final boolean live;
  private final String did;
  private final String rev;
  private final String collection;
  private final String rkey;
  private final RecordAction action;
  private final @Nullable String cid;
  private final int payloadStart;
  private final int payloadEnd;

  TapRecord(byte[] message, JsonMapper mapper, long id, RecordFields fields) {
    super(message, mapper);
    this.id = id;
    this.live = fields.live();
    this.did = fields.did();
    this.rev = fields.rev();
    this.collection = fields.collection();
    this.rkey = fields.rkey();
    this.action = RecordAction.of(fields.action());
    this.cid = fields.cid();
    this.payloadStart = fields.payloadStart();
    this.payloadEnd = fields.payloadEnd();
  }

  /**
   * The number that Tap gave to the event and that an ack names: unsigned, so use {@link
   * Long#toUnsignedString(long)} to show it. Not durable: Tap may begin again at 1 when it
   * restarts, so it is no key to remember events by.
   */
  public long id() {
    return id;
  }

  @Override
  public OptionalLong idIfAny() {
    return OptionalLong.of(id);
  }

  /** Whether it happened just now; false if it comes from a backfill or a resync. */
  public boolean live() {
    return live;
  }

  /** Whose record it is. */
  public String did() {
    return did;
  }

  /**
   * The revision of the repo that brought it. Not an order to filter by: a late copy can be the
   * first to arrive.
   */
  public String rev() {
    return rev;
  }

  public String collection() {
    return collection;
  }

  /** The record's key within its collection. */
  public String rkey() {
    return rkey;
  }

  /** The record's address: {@code at://did/collection/rkey}. */
  public String uri() {
    return "at://" + did + '/' + collection + '/' + rkey;
  }

  public RecordAction action() {
    return action;
  }

  /** The content hash of the record; there for creations and updates. */
  public Optional<String> cid() {
    return Optional.ofNullable(cid);
  }

  /** Whether there is a payload. */
  public boolean hasRecord() {
    return payloadEnd > payloadStart;
  }

  /** A copy of the payload's JSON in UTF-8, as it came. */
  public Optional<byte[]> recordBytes() {
    return hasRecord()
        ? Optional.of(Arrays.copyOfRange(message, payloadStart, payloadEnd))
        : Optional.empty();
  }

  /**
   * The payload as a tree. Unless the source has a mapper of its own, numbers lose nothing in it.
   *
   * @throws TapPayloadException if it is nested deeper than the source's mapper allows, or has a
   *     longer number; those of the mapper used unless set are 500 levels and 100,000 digits
   */
  public Optional<JsonNode> record() {
    return recordAs(JsonNode.class);
  }

  /**
   * The payload as a type of the application's own, mapped by the source's mapper.
   *
   * @throws TapPayloadException if it does not fit
   */
  public <T> Optional<T> recordAs(Class<T> type) {
    return recordAs(type, mapper);
  }

  /**
   * The payload as a type of the application's own.
   *
   * @throws TapPayloadException if it does not fit
   */
  public <T> Optional<T> recordAs(Class<T> type, JsonMapper mapper) {
    if (!hasRecord()) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(
          mapper.readValue(message, payloadStart, payloadEnd - payloadStart, type));
    } catch (JacksonException e) {
      throw new TapPayloadException(
          "the payload of "
              + this
              + " does not fit "
              + type.getName()
              + ": "
              + e.getOriginalMessage(),
          e);
    }
  }

  @Override
  public String toString() {
    return "TapRecord["
        + Long.toUnsignedString(id)
        + (live ? " live " : " ")
        + action
        + ' '
        + LogText.brief(uri(), 200)
        + ']';
  }
}
