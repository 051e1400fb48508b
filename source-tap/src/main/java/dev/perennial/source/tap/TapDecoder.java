package dev.perennial.source.tap;

import dev.perennial.port.Message;
import dev.perennial.source.tap.internal.message.MessageFields;
import dev.perennial.source.tap.internal.message.TapFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.json.JsonMapper;

/**
 * A decoder of Tap's messages. Every message becomes an event, a malformed one too; nothing is
 * thrown. Not safe for use from several threads, so each connection has its own.
 */
final class TapDecoder {

  private final JsonMapper mapper;
  private final MessageFields fields = new MessageFields();

  TapDecoder(JsonMapper mapper) {
    this.mapper = mapper;
  }

  TapEvent decode(Message message) {
    TapEvent event = eventOf(message);
    // The next message may come late, and this one may be large.
    fields.forget();
    return event;
  }

  private TapEvent eventOf(Message message) {
    if (message instanceof Message.Text text) {
      return decode(text.utf8());
    }
    if (message instanceof Message.Binary binary) {
      byte[] bytes = binary.bytes();
      return unread(bytes, bytes.length, "the message is binary, and Tap's are text");
    }
    Message.TooLarge large = (Message.TooLarge) message;
    return unread(
        large.head(),
        large.size(),
        "the message is over the transport's size limit, which must be raised to read it");
  }

  /** Decodes bytes that no transport has checked to be UTF-8. */
  TapEvent decodeUnchecked(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      return unread(bytes, bytes.length, "the message is not UTF-8");
    }
    return decode(bytes);
  }

  private TapEvent decode(byte[] utf8) {
    fields.read(utf8);
    String problem = fields.problem();
    if (problem != null) {
      return malformed(utf8, utf8.length, problem);
    }
    if (fields.isRecord()) {
      return new TapRecord(utf8, mapper, fields);
    }
    return fields.isIdentity()
        ? new TapIdentity(utf8, mapper, fields)
        : new TapUnknown(utf8, mapper, fields);
  }

  /** Makes the event of a message whose text was not read, but may have a readable id. */
  private TapEvent unread(byte[] bytes, long size, String problem) {
    fields.read(bytes);
    return malformed(bytes, size, problem);
  }

  private TapEvent malformed(byte[] bytes, long size, String problem) {
    return new TapMalformed(bytes, mapper, fields, size, new TapFormatException(problem));
  }
}
