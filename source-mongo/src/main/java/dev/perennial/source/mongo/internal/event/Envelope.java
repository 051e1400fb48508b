package dev.perennial.source.mongo.internal.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.UUID;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * An event's bytes, and where in them its fields are: all that is known of an event before somebody
 * asks. Found in one pass over the elements at the top, which does not look into nested documents.
 * Immutable.
 */
public final class Envelope {

  private static final int ABSENT = 0;

  /** The place of a field that has another type than the server gives it. */
  private static final int FOREIGN = -1;

  private static final byte UUID_SUBTYPE = 4;

  /** Exactly the event. Never handed out to be changed. */
  public final byte[] bytes;

  /** Where each field's value begins, by the field's place; no value can begin at 0. */
  private final int[] starts;

  private Envelope(byte[] bytes, int[] starts) {
    this.bytes = bytes;
    this.starts = starts;
  }

  /**
   * Finds the fields. A pipeline may have given any of them another type, which is as good as
   * absent, except of the token, without which no stream can go on. Of two fields with the same
   * name the first counts, as it does for a raw document of the driver's.
   */
  static Envelope read(byte[] bytes) throws CorruptBsonException {
    int end = BsonBytes.documentEnd(bytes, 0, bytes.length);
    if (end != bytes.length) {
      throw new CorruptBsonException(
          "the event says that it has " + end + " bytes, but came with " + bytes.length);
    }
    int[] starts = new int[Field.COUNT];
    int last = end - 1;
    int at = 4;
    while (at < last) {
      byte type = bytes[at];
      int nameEnd = BsonBytes.textEnd(bytes, at + 1, last);
      int value = nameEnd + 1;
      Field field = Field.named(bytes, at + 1, nameEnd);
      int valueEnd = BsonBytes.valueEnd(bytes, type, value, last);
      if (field != null && starts[field.place] == ABSENT) {
        boolean known = type == field.type || type == BsonBytes.NULL;
        if (!known && field == Field.ID) {
          throw new CorruptBsonException(
              "its field "
                  + field
                  + " is a "
                  + BsonBytes.typeName(type)
                  + " where a "
                  + BsonBytes.typeName(field.type)
                  + " belongs");
        }
        starts[field.place] = known ? value : FOREIGN;
      }
      at = valueEnd;
    }
    return new Envelope(bytes, starts);
  }

  /** Not there, or of a type that is not the server's. */
  public boolean isAbsent(Field field) {
    return starts[field.place] <= ABSENT;
  }

  /** There, and null. */
  public boolean isNull(Field field) {
    int start = starts[field.place];
    // The type stands before the name, and the name's zero before the value.
    return start > ABSENT && bytes[start - field.name.length - 2] == BsonBytes.NULL;
  }

  /** There, and not null. */
  public boolean has(Field field) {
    return !isAbsent(field) && !isNull(field);
  }

  /** Where the value of a field that is there begins. */
  public int start(Field field) {
    return starts[field.place];
  }

  /** Where the document of a field that is there ends. */
  public int documentEnd(Field field) {
    int start = start(field);
    return start + BsonBytes.int32(bytes, start);
  }

  public byte[] documentBytes(Field field) {
    return Arrays.copyOfRange(bytes, start(field), documentEnd(field));
  }

  public @Nullable BsonTimestamp timestamp(Field field) {
    return has(field) ? new BsonTimestamp(BsonBytes.int64(bytes, start(field))) : null;
  }

  public @Nullable Instant instant(Field field) {
    return has(field) ? Instant.ofEpochMilli(BsonBytes.int64(bytes, start(field))) : null;
  }

  public OptionalLong int64(Field field) {
    return has(field)
        ? OptionalLong.of(BsonBytes.int64(bytes, start(field)))
        : OptionalLong.empty();
  }

  public @Nullable String string(Field field) {
    if (!has(field)) {
      return null;
    }
    int start = start(field);
    int size = BsonBytes.int32(bytes, start);
    return new String(bytes, start + 4, size - 1, StandardCharsets.UTF_8);
  }

  /** A UUID in its standard form (subtype 4); null for any other binary. */
  public @Nullable UUID uuid(Field field) {
    if (!has(field)) {
      return null;
    }
    int start = start(field);
    if (BsonBytes.int32(bytes, start) != 16 || bytes[start + 4] != UUID_SUBTYPE) {
      return null;
    }
    ByteBuffer halves = ByteBuffer.wrap(bytes, start + 5, 16);
    return new UUID(halves.getLong(), halves.getLong());
  }
}
