package dev.perennial.source.tap;

import dev.perennial.port.Message;
import dev.perennial.source.tap.internal.message.IdentityFields;
import dev.perennial.source.tap.internal.message.MessageFields;
import dev.perennial.source.tap.internal.message.RecordFields;
import dev.perennial.source.tap.internal.message.TapFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Decoder of Tap's messages. Every message becomes an event, a malformed one too; nothing is
 * thrown. Safe for use from any thread.
 */
final class TapDecoder {

  private final JsonMapper mapper;

  TapDecoder(JsonMapper mapper) {
    this.mapper = mapper;
  }

  TapEvent decode(Message message) {
    if (message instanceof Message.Text text) {
      return decode(text.utf8());
    }
    if (message instanceof Message.Binary binary) {
      byte[] bytes = binary.bytes();
      return malformed(bytes, bytes.length, "the message is binary, and Tap's are text");
    }
    Message.TooLarge large = (Message.TooLarge) message;
    return malformed(
        large.head(),
        large.size(),
        "the message is over the transport's size limit, which must be raised to read it");
  }

  /** Decodes bytes that no transport has checked to be UTF-8. */
  TapEvent decodeUnchecked(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      return malformed(bytes, bytes.length, "the message is not UTF-8");
    }
    return decode(bytes);
  }

  private TapEvent decode(byte[] utf8) {
    MessageFields envelope = MessageFields.read(utf8);
    String problem = envelope.problem();
    if (problem != null) {
      return malformed(utf8, utf8.length, envelope, problem);
    }
    return switch (envelope.type()) {
      case "record" -> record(utf8, envelope);
      case "identity" -> identity(utf8, envelope);
      default -> new TapUnknown(utf8, mapper, envelope.id(), envelope.type());
    };
  }

  private TapEvent record(byte[] utf8, MessageFields envelope) {
    RecordFields fields = envelope.record();
    String problem = fields == null ? missing("record") : fields.check();
    return fields == null || problem != null
        ? malformed(utf8, utf8.length, envelope, problem)
        : new TapRecord(utf8, mapper, envelope.id(), fields);
  }

  private TapEvent identity(byte[] utf8, MessageFields envelope) {
    IdentityFields fields = envelope.identity();
    String problem = fields == null ? missing("identity") : fields.check();
    return fields == null || problem != null
        ? malformed(utf8, utf8.length, envelope, problem)
        : new TapIdentity(utf8, mapper, envelope.id(), fields);
  }

  private static String missing(String object) {
    return "a message of type \""
        + object
        + "\" must have an object \""
        + object
        + "\", but has none";
  }

  /** Makes the event of a message that cannot be decoded, but may have a readable id. */
  private TapEvent malformed(byte[] bytes, long size, String problem) {
    return malformed(bytes, size, MessageFields.read(bytes), problem);
  }

  private TapEvent malformed(
      byte[] bytes, long size, MessageFields envelope, @Nullable String problem) {
    return new TapMalformed(
        bytes, mapper, envelope.id(), size, new TapFormatException(String.valueOf(problem)));
  }
}
