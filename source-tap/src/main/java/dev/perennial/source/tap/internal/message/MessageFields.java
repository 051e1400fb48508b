package dev.perennial.source.tap.internal.message;

import dev.perennial.port.support.LogText;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * The fields of one message, read in a single pass over its bytes. Of a payload it keeps only the
 * offsets in the message.
 */
public final class MessageFields extends FieldReader {

  private static final int ID = 1;
  private static final int TYPE = 1 << 1;
  private static final int RECORD = 1 << 2;
  private static final int IDENTITY = 1 << 3;

  /** The most characters of the parser's own message in a problem. */
  private static final int MAX_WORDS = 200;

  /** The number of digits of 2^64 − 1. */
  private static final int MAX_ID_DIGITS = 20;

  /** The number of digits with which every number fits into a long. */
  private static final int SAFE_ID_DIGITS = 18;

  private final byte[] message;
  private int ids;
  private boolean idReadable;
  private long id;
  private @Nullable String type;
  private @Nullable RecordFields record;
  private @Nullable IdentityFields identity;

  private MessageFields(byte[] message) {
    super("the message");
    this.message = message;
  }

  /** Reads a message. Throws nothing; an error becomes the {@link #problem()}. */
  public static MessageFields read(byte[] message) {
    MessageFields envelope = new MessageFields(message);
    try (JsonParser parser = Json.MESSAGES.createParser(ObjectReadContext.empty(), message)) {
      envelope.readMessage(parser);
    } catch (JacksonException e) {
      envelope.problem(
          "the message is not JSON (" + LogText.brief(e.getOriginalMessage(), MAX_WORDS) + ")");
    } catch (RuntimeException e) {
      // No message may end its connection, not even by an error of the parser's own.
      envelope.problem("the message cannot be read (" + LogText.reason(e) + ")");
    }
    return envelope;
  }

  private void readMessage(JsonParser parser) {
    JsonToken first = parser.nextToken();
    if (first != JsonToken.START_OBJECT) {
      problem(
          "the message must be an object, but is " + (first == null ? "empty" : describe(first)));
      return;
    }
    readObject(parser);
    if (parser.nextToken() != null) {
      problem("the message continues after its end");
    }
    require(ID, "id");
    require(TYPE, "type");
  }

  @Override
  boolean readField(String name, JsonToken value, JsonParser parser) {
    switch (name) {
      case "id" -> readId(name, value, parser);
      case "type" -> type = text(TYPE, name, value, parser);
      case "record" -> {
        mark(RECORD, name);
        if (value == JsonToken.START_OBJECT) {
          record = new RecordFields();
          record.readObject(parser);
        }
      }
      case "identity" -> {
        mark(IDENTITY, name);
        if (value == JsonToken.START_OBJECT) {
          identity = new IdentityFields();
          identity.readObject(parser);
        }
      }
      default -> {
        return false;
      }
    }
    return !parser.currentToken().isStructStart();
  }

  private void readId(String name, JsonToken value, JsonParser parser) {
    mark(ID, name);
    ids++;
    if (value != JsonToken.VALUE_NUMBER_INT) {
      illTyped(name, "an integer", value);
      return;
    }
    int start = (int) parser.currentTokenLocation().getByteOffset();
    int end = (int) parser.currentLocation().getByteOffset();
    if (!parseId(start, end)) {
      problem("\"id\" must be from 0 to 2^64-1");
    }
  }

  /**
   * Reads the id's digits. A number at the very end of a message may have been cut off, so it is
   * not an id.
   */
  private boolean parseId(int start, int end) {
    int digits = end - start;
    if (digits > MAX_ID_DIGITS || message[start] == '-' || end >= message.length) {
      return false;
    }
    long parsed = 0;
    for (int i = start; i < end; i++) {
      int digit = message[i] - '0';
      if (i - start >= SAFE_ID_DIGITS && exceeds(parsed, digit)) {
        return false;
      }
      parsed = parsed * 10 + digit;
    }
    id = parsed;
    idReadable = true;
    return true;
  }

  /** Returns whether another digit makes an unsigned number too large. */
  private static boolean exceeds(long parsed, int digit) {
    long limit = Long.divideUnsigned(-1L, 10);
    int compared = Long.compareUnsigned(parsed, limit);
    return compared > 0 || (compared == 0 && digit > Long.remainderUnsigned(-1L, 10));
  }

  /**
   * Returns the id, unsigned; empty if the message has not exactly one readable id. It may have one
   * even if it has other problems.
   */
  public OptionalLong id() {
    return idReadable && ids == 1 ? OptionalLong.of(id) : OptionalLong.empty();
  }

  /** Returns the type of the event. */
  public String type() {
    return checked(type);
  }

  /** Returns the fields of the record event, or null if there is no such object. */
  public @Nullable RecordFields record() {
    return record;
  }

  /** Returns the fields of the identity event, or null if there is no such object. */
  public @Nullable IdentityFields identity() {
    return identity;
  }
}
