package dev.perennial.source.tap.internal.message;

import static dev.perennial.source.tap.internal.message.FieldReader.Field.optional;
import static dev.perennial.source.tap.internal.message.FieldReader.Field.required;

import dev.perennial.source.tap.internal.message.FieldReader.Kind;
import dev.perennial.source.tap.internal.message.FieldReader.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a message, found in a single pass over its bytes. It keeps only their offsets in
 * the message, so a text that nobody asks for is never decoded. It reads any number of messages,
 * one after the other. Not safe for use from several threads.
 */
public final class MessageFields {

  /** The fields of a record event, in the order in which Tap writes them. */
  public enum RecordField {
    LIVE,
    DID,
    REV,
    COLLECTION,
    RKEY,
    ACTION,
    PAYLOAD,
    CID
  }

  /** The fields of an identity event, in the order in which Tap writes them. */
  public enum IdentityField {
    DID,
    HANDLE,
    ACTIVE,
    STATUS
  }

  /** The fields of a message, in the order in which Tap writes them. */
  private enum MessageField {
    ID,
    TYPE,
    RECORD,
    IDENTITY
  }

  private static final Schema<RecordField> RECORD_SCHEMA =
      new Schema<>(
          "\"record\"",
          required("live", Kind.FLAG),
          required("did", Kind.TEXT),
          required("rev", Kind.TEXT),
          required("collection", Kind.TEXT),
          required("rkey", Kind.TEXT),
          required("action", Kind.TEXT),
          optional("record", Kind.OBJECT),
          optional("cid", Kind.TEXT));

  private static final Schema<IdentityField> IDENTITY_SCHEMA =
      new Schema<>(
          "\"identity\"",
          required("did", Kind.TEXT),
          required("handle", Kind.TEXT),
          required("is_active", Kind.FLAG),
          required("status", Kind.TEXT));

  private static final Schema<MessageField> MESSAGE_SCHEMA =
      new Schema<>(
          "the message",
          required("id", Kind.NUMBER),
          required("type", Kind.TEXT),
          optional("record", Kind.OBJECT),
          optional("identity", Kind.OBJECT));

  private static final int RECORD_TYPE = 0;
  private static final int IDENTITY_TYPE = 1;
  private static final KnownWords TYPES = KnownWords.of(List.of("record", "identity"));

  private static final byte[] NONE = {};

  /** The number of digits with which every number fits into a long. */
  private static final int SAFE_ID_DIGITS = 18;

  private final FieldReader<RecordField> record = new FieldReader<>(RECORD_SCHEMA);
  private final FieldReader<IdentityField> identity = new FieldReader<>(IDENTITY_SCHEMA);
  private final FieldReader<MessageField> fields =
      new FieldReader<>(MESSAGE_SCHEMA)
          .nest(MessageField.RECORD, record)
          .nest(MessageField.IDENTITY, identity);

  private final JsonScanner scanner = new JsonScanner();
  private int type;
  private boolean hasId;
  private long id;

  /** Reads a message. Throws nothing; an error becomes the {@link #problem()}. */
  public void read(byte[] message) {
    scanner.reset(message);
    fields.reset();
    record.reset();
    identity.reset();
    try {
      readMessage();
    } catch (TapFormatException e) {
      fields.problem(e.problem());
    }
    readId(message, fields.start(MessageField.ID), fields.end(MessageField.ID));
    int typeStart = fields.start(MessageField.TYPE);
    type = typeStart == 0 ? -1 : TYPES.find(message, typeStart);
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
  private void readId(byte[] message, int start, int end) {
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

  /** Releases the message. Its texts and flags can no longer be read. */
  public void forget() {
    scanner.reset(NONE);
  }

  /** Returns what makes the message malformed, or null. */
  public @Nullable String problem() {
    String problem = fields.problem();
    if (problem != null) {
      return problem;
    }
    if (isRecord()) {
      return problem(MessageField.RECORD, record);
    }
    return isIdentity() ? problem(MessageField.IDENTITY, identity) : null;
  }

  private @Nullable String problem(MessageField field, FieldReader<?> event) {
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
    return JsonText.decode(scanner.message(), fields.start(MessageField.TYPE));
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
    return scanner.message()[record.start(RecordField.LIVE)] == 't';
  }

  /** Returns the offset at which the value of a field of the record event begins; 0 if absent. */
  public int start(RecordField field) {
    return record.start(field);
  }

  /** Returns the offset at which the value of a field of the record event ends. */
  public int end(RecordField field) {
    return record.end(field);
  }

  /** Returns whether the account of the identity event is active. */
  public boolean isActive() {
    return scanner.message()[identity.start(IdentityField.ACTIVE)] == 't';
  }

  /** Returns the text of a field of the identity event. */
  public String text(IdentityField field) {
    return JsonText.decode(scanner.message(), identity.start(field));
  }
}
