package dev.perennial.source.tap.internal.message;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/** A message's outer fields, read in one pass over its bytes; of a payload only where it is. */
public final class MessageFields extends FieldReader {

  private static final int ID = 1;
  private static final int TYPE = 1 << 1;
  private static final int RECORD = 1 << 2;
  private static final int IDENTITY = 1 << 3;

  /** 2^64 − 1 has 20 digits. */
  private static final int MAX_ID_DIGITS = 20;

  /** So many digits fit whatever they are. */
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

  /** Reads a message. What is wrong with it is its {@link #problem()}; nothing is thrown. */
  public static MessageFields read(byte[] message) {
    MessageFields envelope = new MessageFields(message);
    try (JsonParser parser = Json.ENVELOPES.createParser(ObjectReadContext.empty(), message)) {
      envelope.readMessage(parser);
    } catch (JacksonException e) {
      envelope.problem("the message is not JSON: " + e.getOriginalMessage());
    } catch (RuntimeException e) {
      // Nothing in a message may end the connection that it came on, a mistake of the parser's
      // included.
      envelope.problem("the message cannot be read: " + e);
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
      problem("the message goes on after its end");
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
   * Reads the id's digits. A number at the very end of a message may have been cut, and then is not
   * the id.
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

  /** Whether another digit makes an unsigned number too large. */
  private static boolean exceeds(long parsed, int digit) {
    long limit = Long.divideUnsigned(-1L, 10);
    int compared = Long.compareUnsigned(parsed, limit);
    return compared > 0 || (compared == 0 && digit > Long.remainderUnsigned(-1L, 10));
  }

  /** Whether the message says one id beyond doubt, even if it is wrong in other ways. */
  public boolean hasId() {
    return idReadable && ids == 1;
  }

  /** The id, unsigned. */
  public long id() {
    return id;
  }

  public String type() {
    return checked(type);
  }

  /** The record event's fields, or null if there is no such object. */
  public @Nullable RecordFields record() {
    return record;
  }

  /** The identity event's fields, or null if there is no such object. */
  public @Nullable IdentityFields identity() {
    return identity;
  }
}
