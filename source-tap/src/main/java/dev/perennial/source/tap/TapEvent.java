package dev.perennial.source.tap;

import dev.perennial.source.tap.internal.message.Json;
import dev.perennial.source.tap.internal.message.MessageFields;
import dev.perennial.source.tap.internal.message.XxHash64;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An event that Tap sent: a {@link TapRecord record event}, an {@link TapIdentity identity event},
 * an event of a {@link TapUnknown kind that this version does not know}, or a {@link TapMalformed
 * message that could not be decoded}. Ack each of them, also the last two.
 *
 * <p>Immutable and safe for use from any thread. Two events are equal if they are of the same kind
 * and their messages have the same size and the same bytes, as far as the bytes were kept.
 */
public abstract sealed class TapEvent permits TapRecord, TapIdentity, TapUnknown, TapMalformed {

  final byte[] message;
  final JsonMapper mapper;
  final boolean hasId;
  final long id;

  TapEvent(byte[] message, JsonMapper mapper, MessageFields fields) {
    this.message = message;
    this.mapper = mapper;
    this.hasId = fields.hasId();
    this.id = fields.id();
  }

  /**
   * Decodes a message as a connection does, for example in a test of a handler. Throws nothing; a
   * message that is not an event becomes a {@link TapMalformed}.
   *
   * @param json the message in UTF-8
   */
  public static TapEvent parse(byte[] json) {
    return new TapDecoder(Json.MAPPER).decodeUnchecked(json.clone());
  }

  /** Decodes a message as {@link #parse(byte[])} does. */
  public static TapEvent parse(String json) {
    return new TapDecoder(Json.MAPPER).decodeUnchecked(json.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Returns the number that Tap gave to the event and that an ack names. Only a {@link
   * TapMalformed} may have none: its message has not exactly one readable id. The number is
   * unsigned, so show it with {@link Long#toUnsignedString(long)}. Do not store it as a key: Tap
   * may start again at 1 when it restarts.
   */
  public final OptionalLong id() {
    return hasId ? OptionalLong.of(id) : OptionalLong.empty();
  }

  /**
   * Returns the DID of the repo or account, by which Tap orders its events. Null for a {@link
   * TapUnknown} and a {@link TapMalformed}, of which it was not read.
   */
  public @Nullable String did() {
    return null;
  }

  /** Returns the id as text, for a message. */
  final String idText() {
    return hasId ? Long.toUnsignedString(id) : "no id";
  }

  /**
   * Returns a hash of the message, which differs between events with the same id. It is XXH64,
   * seeded with the size, which stands for the rest of a message that was cut off.
   */
  long digest() {
    return XxHash64.hash(message, messageSize());
  }

  /** Returns the size of the whole message in bytes, even if only its beginning was kept. */
  long messageSize() {
    return message.length;
  }

  /**
   * Returns a copy of the whole message as it arrived; of a message over the transport's size
   * limit, its first 4 KiB.
   */
  public final byte[] raw() {
    return message.clone();
  }

  /** Returns {@link #raw()} as text. */
  public final String rawText() {
    return new String(message, StandardCharsets.UTF_8);
  }

  /**
   * Parses the whole message as a tree, with fields that this version does not know. Each call
   * makes a new tree.
   *
   * @throws TapPayloadException if the message is not JSON, or the source's mapper cannot read it;
   *     see {@link TapRecord#record()}
   */
  public final JsonNode json() {
    try {
      return mapper.readTree(message);
    } catch (JacksonException | NumberFormatException e) {
      // Jackson lets the error of an exponent through that no decimal can hold.
      throw new TapPayloadException(
          "Cannot read "
              + this
              + " as a JSON tree: "
              + TapPayloadException.reason(e)
              + ". Read TapEvent.raw() instead, or set another mapper.",
          e);
    }
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof TapEvent event
            && getClass() == event.getClass()
            && messageSize() == event.messageSize()
            && Arrays.equals(message, event.message));
  }

  @Override
  public final int hashCode() {
    return Arrays.hashCode(message);
  }
}
