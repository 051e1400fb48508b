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
 * An event's bytes with the offsets of its fields. It is all that is known of an event before the
 * application reads a field. One pass over the top-level elements finds the offsets, without
 * looking into nested documents. Immutable.
 */
public final class Envelope {

  private static final int ABSENT = 0;

  /** The offset of a field with another type than the server's. */
  private static final int FOREIGN = -1;

  private static final byte UUID_SUBTYPE = 4;

  /** The bytes of exactly the event. No caller may change them or pass them to the application. */
  public final byte[] bytes;

  /** The offset of each field's value, by the field's index; no value can be at offset 0. */
  private final int[] starts;

  private Envelope(byte[] bytes, int[] starts) {
    this.bytes = bytes;
    this.starts = starts;
  }

  /**
   * Finds the fields. A pipeline may have changed a field's type; the field then counts as absent.
   * Only the token must have its own type, because no stream can resume without it. If a name
   * occurs twice, the first field counts, as in the driver's raw documents.
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
              "its field %s is a %s where a %s belongs"
                  .formatted(field, BsonBytes.typeName(type), BsonBytes.typeName(field.type)));
        }
        starts[field.place] = known ? value : FOREIGN;
      }
      at = valueEnd;
    }
    return new Envelope(bytes, starts);
  }

  /** Returns whether a field is missing or has another type than the server's. */
  public boolean isAbsent(Field field) {
    return starts[field.place] <= ABSENT;
  }

  /** Returns whether a field is present and null. */
  public boolean isNull(Field field) {
    int start = starts[field.place];
    // The type byte is before the name, and the name's zero is before the value.
    return start > ABSENT && bytes[start - field.name.length - 2] == BsonBytes.NULL;
  }

  /** Returns whether a field is present and not null. */
  public boolean has(Field field) {
    return !isAbsent(field) && !isNull(field);
  }

  /** Returns the offset of the value of a field that is present. */
  public int start(Field field) {
    return starts[field.place];
  }

  /** Returns the end of the document in a field that is present. */
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

  /** Returns a UUID in its standard form (subtype 4); null for any other binary. */
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
