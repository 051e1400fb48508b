package dev.perennial.source.tap.internal.message;

import static dev.perennial.source.tap.internal.message.FieldReader.Field.object;
import static dev.perennial.source.tap.internal.message.FieldReader.Field.optional;
import static dev.perennial.source.tap.internal.message.FieldReader.Field.required;

import dev.perennial.source.tap.internal.message.FieldReader.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a message, found in a single pass over its bytes. It keeps only their offsets in
 * the message, so a text that nobody asks for is never decoded. It reads any number of messages,
 * one after the other. Not safe for use from several threads.
 */
public final class MessageFields {

  // The fields of a record event, in the order in which Tap writes them.
  private static final int LIVE = 0;
  public static final int DID = 1;
  public static final int REV = 2;
  public static final int COLLECTION = 3;
  public static final int RKEY = 4;
  public static final int ACTION = 5;
  public static final int PAYLOAD = 6;
  public static final int CID = 7;

  // The fields of an identity event.
  public static final int ACCOUNT = 0;
  public static final int HANDLE = 1;
  private static final int ACTIVE = 2;
  public static final int STATUS = 3;

  // The fields of a message.
  private static final int ID = 0;
  private static final int TYPE = 1;
  private static final int RECORD = 2;
  private static final int IDENTITY = 3;

  private static final int RECORD_TYPE = 0;
  private static final int IDENTITY_TYPE = 1;
  private static final Words TYPES = Words.of(List.of("record", "identity"));

  /** The number of digits with which every number fits into a long. */
  private static final int SAFE_ID_DIGITS = 18;

  private final FieldReader record =
      new FieldReader(
          "\"record\"",
          required("live", Kind.FLAG),
          required("did", Kind.TEXT),
          required("rev", Kind.TEXT),
          required("collection", Kind.TEXT),
          required("rkey", Kind.TEXT),
          required("action", Kind.TEXT),
          optional("record", Kind.OBJECT),
          optional("cid", Kind.TEXT));

  private final FieldReader identity =
      new FieldReader(
          "\"identity\"",
          required("did", Kind.TEXT),
          required("handle", Kind.TEXT),
          required("is_active", Kind.FLAG),
          required("status", Kind.TEXT));

  private final FieldReader fields =
      new FieldReader(
          "the message",
          required("id", Kind.NUMBER),
          required("type", Kind.TEXT),
          object("record", record),
          object("identity", identity));

  private final JsonScanner scanner = new JsonScanner();
  private byte[] message = {};
  private int type;
  private boolean hasId;
  private long id;

  /** Reads a message. Throws nothing; an error becomes the {@link #problem()}. */
  public void read(byte[] next) {
    message = next;
    scanner.reset(next);
    fields.reset();
    record.reset();
    identity.reset();
    try {
      readMessage();
    } catch (TapFormatException e) {
      fields.problem(e.problem());
    }
    readId(fields.start(ID), fields.end(ID));
    type = fields.start(TYPE) == 0 ? -1 : TYPES.find(message, fields.start(TYPE));
  }

  private void readMessage() throws TapFormatException {
    byte first = scanner.peek();
    if (first == '{') {
      fields.read(scanner);
      if (!scanner.isAtEnd()) {
        fields.problem("the message continues after its end");
      }
    } else if (scanner.isAtEnd()) {
      fields.problem("the message must be an object, but is empty");
    } else {
      scanner.skipValue();
      fields.problem("the message must be an object, but is " + Kind.of(first));
    }
  }

  /**
   * Reads the id's digits. A number at the very end of a message may have been cut off, so it is
   * not an id.
   */
  private void readId(int start, int end) {
    hasId = start > 0 && end < message.length;
    id = 0;
    for (int i = start; i < end && hasId; i++) {
      int digit = message[i] - '0';
      hasId = digit >= 0 && digit <= 9 && (i - start < SAFE_ID_DIGITS || !exceeds(id, digit));
      id = id * 10 + digit;
    }
    if (start > 0 && !hasId) {
      fields.problem("\"id\" must be an integer from 0 to 2^64-1");
    }
  }

  /** Returns whether another digit makes an unsigned number too large. */
  private static boolean exceeds(long parsed, int digit) {
    long limit = Long.divideUnsigned(-1L, 10);
    int compared = Long.compareUnsigned(parsed, limit);
    return compared > 0 || (compared == 0 && digit > Long.remainderUnsigned(-1L, 10));
  }

  /** Returns what makes the message malformed, or null. */
  public @Nullable String problem() {
    String problem = fields.problem();
    if (problem != null) {
      return problem;
    }
    return isRecord() ? problem(RECORD, record) : isIdentity() ? problem(IDENTITY, identity) : null;
  }

  private @Nullable String problem(int field, FieldReader event) {
    return fields.start(field) > 0
        ? event.problem()
        : "a message of type \"%1$s\" must have an object \"%1$s\", but has none".formatted(type());
  }

  /**
   * Returns whether the message has exactly one id that can be read. It may have one even if it has
   * a problem.
   */
  public boolean hasId() {
    return hasId;
  }

  /** Returns the id, unsigned, if the message {@link #hasId has} one. */
  public long id() {
    return id;
  }

  // The rest is for messages without a problem.

  /** Returns the type of the event. */
  public String type() {
    return JsonText.at(message, fields.start(TYPE));
  }

  /** Returns whether this is a record event. */
  public boolean isRecord() {
    return type == RECORD_TYPE;
  }

  /** Returns whether this is an identity event. */
  public boolean isIdentity() {
    return type == IDENTITY_TYPE;
  }

  /** Returns whether the record event is live. */
  public boolean isLive() {
    return message[record.start(LIVE)] == 't';
  }

  /** Returns the offset at which the value of a field of the record event begins; 0 if absent. */
  public int start(int recordField) {
    return record.start(recordField);
  }

  /** Returns the offset at which the value of a field of the record event ends. */
  public int end(int recordField) {
    return record.end(recordField);
  }

  /** Returns whether the account of the identity event is active. */
  public boolean isActive() {
    return message[identity.start(ACTIVE)] == 't';
  }

  /** Returns the text of a field of the identity event. */
  public String identity(int field) {
    return JsonText.at(message, identity.start(field));
  }
}
