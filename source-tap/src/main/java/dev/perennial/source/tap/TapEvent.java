package dev.perennial.source.tap;

import dev.perennial.source.tap.internal.message.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What Tap sent: a {@link TapRecord record event}, an {@link TapIdentity identity event}, an event
 * of a {@link TapUnknown kind that this version does not know}, or a {@link TapMalformed message
 * that could not be decoded}. Each is to be acked, the last two as well.
 *
 * <p>Immutable and safe for use from any thread. Two events are equal if they are of the same kind
 * and their messages are the same bytes, as far as they were kept, and of the same size.
 */
public abstract sealed class TapEvent permits TapRecord, TapIdentity, TapUnknown, TapMalformed {

  final byte[] message;
  final JsonMapper mapper;

  TapEvent(byte[] message, JsonMapper mapper) {
    this.message = message;
    this.mapper = mapper;
  }

  /**
   * Decodes a message as a connection does, for example in a test of a handler. What is no event of
   * Tap's becomes a {@link TapMalformed}; nothing is thrown.
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
   * The event's id, unsigned, whatever its kind: empty only for a message of which none could be
   * read. Not durable: Tap may begin again at 1 when it restarts.
   */
  public abstract OptionalLong idIfAny();

  /** How long the whole message is, in bytes, also where only the beginning of it was kept. */
  long messageSize() {
    return message.length;
  }

  /**
   * A copy of the whole message as it came; of a message over the transport's size limit its first
   * 4 KiB.
   */
  public final byte[] raw() {
    return message.clone();
  }

  /** What {@link #raw()} gives, as text. */
  public final String rawText() {
    return new String(message, StandardCharsets.UTF_8);
  }

  /**
   * The whole message as a tree, with fields that this version does not know. Parsed anew at each
   * call, so the tree is the caller's own.
   *
   * @throws TapPayloadException if the message is no JSON, is nested deeper than the source's
   *     mapper allows, or has a longer number; see {@link TapRecord#record()}
   */
  public final JsonNode json() {
    try {
      return mapper.readTree(message);
    } catch (JacksonException e) {
      throw new TapPayloadException(this + " is not a JSON tree: " + e.getOriginalMessage(), e);
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
