package dev.perennial.source.mongo.internal.event;

import java.util.Arrays;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonType;
import org.bson.ByteBuf;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;

/**
 * Functions for BSON as bytes, after the specification at bsonspec.org, version 1.1. They check the
 * bounds of everything that they read. Of nested documents they check only that the length fits and
 * the last byte is zero.
 */
public final class BsonBytes {

  /** The size of an empty document in bytes: the length (4) and the zero at the end. */
  static final int EMPTY_DOCUMENT = 5;

  static final byte DOUBLE = 0x01;
  static final byte STRING = 0x02;
  public static final byte DOCUMENT = 0x03;
  static final byte BINARY = 0x05;
  static final byte DATE_TIME = 0x09;
  static final byte NULL = 0x0A;
  static final byte INT32 = 0x10;
  static final byte TIMESTAMP = 0x11;
  static final byte INT64 = 0x12;

  private static final byte ARRAY = 0x04;
  private static final byte SCOPED_CODE = 0x0F;

  /** The old binary subtype, whose values contain their length twice. */
  private static final byte OLD_BINARY = 0x02;

  /** The deepest nesting, in levels: the server's default limit (BSONDepth, 180), rounded up. */
  private static final int MAX_DEPTH = 200;

  private BsonBytes() {}

  /** Returns a document's bytes in an array of exactly their size. */
  public static byte[] of(BsonDocument document) {
    if (document instanceof RawBsonDocument raw) {
      return of(raw);
    }
    BasicOutputBuffer buffer = new BasicOutputBuffer();
    try (BsonBinaryWriter writer = new BsonBinaryWriter(buffer)) {
      new BsonDocumentCodec().encode(writer, document, EncoderContext.builder().build());
    }
    return Arrays.copyOf(buffer.getInternalBuffer(), buffer.getPosition());
  }

  /**
   * Returns a copy of a raw document's bytes, because the document is often a part of a larger
   * array.
   */
  public static byte[] of(RawBsonDocument raw) {
    ByteBuf buffer = raw.getByteBuffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  public static int int32(byte[] bytes, int at) {
    return (bytes[at] & 0xFF)
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | bytes[at + 3] << 24;
  }

  static long int64(byte[] bytes, int at) {
    return (int32(bytes, at) & 0xFFFF_FFFFL) | (long) int32(bytes, at + 4) << 32;
  }

  public static void putInt32(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >> 8);
    bytes[at + 2] = (byte) (value >> 16);
    bytes[at + 3] = (byte) (value >> 24);
  }

  /**
   * Checks that a document, from its length to its final zero, fits between two offsets.
   *
   * @return where it ends
   */
  static int documentEnd(byte[] bytes, int at, int limit) throws CorruptBsonException {
    int end = sizedEnd(bytes, at, EMPTY_DOCUMENT, limit);
    if (bytes[end - 1] != 0) {
      throw new CorruptBsonException("the document at byte " + at + " does not end in a zero");
    }
    return end;
  }

  /** Returns the offset of the zero that ends a text without a length. */
  static int textEnd(byte[] bytes, int at, int limit) throws CorruptBsonException {
    for (int i = at; i < limit; i++) {
      if (bytes[i] == 0) {
        return i;
      }
    }
    throw new CorruptBsonException("the text at byte " + at + " has no end");
  }

  /**
   * Checks that a value fits between two offsets.
   *
   * @return where it ends
   */
  static int valueEnd(byte[] bytes, byte type, int at, int limit) throws CorruptBsonException {
    return switch (type) {
      case DOUBLE, DATE_TIME, TIMESTAMP, INT64 -> fixedEnd(at, 8, limit);
      case STRING, 0x0D, 0x0E -> stringEnd(bytes, at, limit); // code and symbol too
      case DOCUMENT, ARRAY -> documentEnd(bytes, at, limit);
      case BINARY -> binaryEnd(bytes, at, limit);
      case 0x06, NULL, -1, 0x7F -> at; // undefined, minKey and maxKey too
      case 0x07 -> fixedEnd(at, 12, limit); // object id
      case 0x08 -> booleanEnd(bytes, at, limit);
      case 0x0B -> textEnd(bytes, textEnd(bytes, at, limit) + 1, limit) + 1; // regular expression
      case 0x0C -> fixedEnd(stringEnd(bytes, at, limit), 12, limit); // DBPointer
      case SCOPED_CODE -> scopedCodeEnd(bytes, at, limit);
      case INT32 -> fixedEnd(at, 4, limit);
      case 0x13 -> fixedEnd(at, 16, limit); // decimal
      default ->
          throw new CorruptBsonException(
              String.format("there is no BSON type 0x%02x, as before byte %d", type, at));
    };
  }

  /** Returns a type's name, for a message. */
  static String typeName(byte type) {
    BsonType known = BsonType.findByValue(type & 0xFF);
    return known == null ? String.format("0x%02x", type) : known.name();
  }

  private static int fixedEnd(int at, int size, int limit) throws CorruptBsonException {
    if (size > limit - at) {
      throw cut(at);
    }
    return at + size;
  }

  /**
   * Returns the end of a value that begins with its own length in bytes, which includes the length
   * field.
   */
  private static int sizedEnd(byte[] bytes, int at, int least, int limit)
      throws CorruptBsonException {
    fixedEnd(at, 4, limit);
    int size = int32(bytes, at);
    if (size < least || size > limit - at) {
      throw badLength(at, size);
    }
    return at + size;
  }

  private static int stringEnd(byte[] bytes, int at, int limit) throws CorruptBsonException {
    int from = fixedEnd(at, 4, limit);
    int size = int32(bytes, at);
    if (size < 1 || size > limit - from) {
      throw badLength(at, size);
    }
    if (bytes[from + size - 1] != 0) {
      throw new CorruptBsonException("the string at byte " + at + " does not end in a zero");
    }
    return from + size;
  }

  private static int binaryEnd(byte[] bytes, int at, int limit) throws CorruptBsonException {
    int from = fixedEnd(at, 5, limit);
    int size = int32(bytes, at);
    if (size < 0 || size > limit - from) {
      throw badLength(at, size);
    }
    boolean twice = bytes[at + 4] == OLD_BINARY;
    if (twice && (size < 4 || int32(bytes, from) != size - 4)) {
      throw badLength(at, size);
    }
    return from + size;
  }

  private static int booleanEnd(byte[] bytes, int at, int limit) throws CorruptBsonException {
    int end = fixedEnd(at, 1, limit);
    if ((bytes[at] & 0xFE) != 0) {
      throw new CorruptBsonException("the boolean at byte " + at + " is neither 0 nor 1");
    }
    return end;
  }

  private static int scopedCodeEnd(byte[] bytes, int at, int limit) throws CorruptBsonException {
    int end = sizedEnd(bytes, at, 4 + 5 + EMPTY_DOCUMENT, limit);
    int scope = stringEnd(bytes, at + 4, end);
    if (documentEnd(bytes, scope, end) != end) {
      throw badLength(at, end - at);
    }
    return end;
  }

  private static CorruptBsonException cut(int at) {
    return new CorruptBsonException("the value at byte " + at + " is cut off");
  }

  private static CorruptBsonException badLength(int at, int size) {
    return new CorruptBsonException(
        "the length " + size + " at byte " + at + " does not fit what is around it");
  }

  /** Checks a document and all documents nested in it. */
  static void check(byte[] bytes, int from, int limit) throws CorruptBsonException {
    check(bytes, from, limit, 1);
  }

  private static void check(byte[] bytes, int from, int limit, int depth)
      throws CorruptBsonException {
    if (depth > MAX_DEPTH) {
      throw new CorruptBsonException(
          "the document at byte " + from + " is nested deeper than " + MAX_DEPTH + " levels");
    }
    int last = documentEnd(bytes, from, limit) - 1;
    int at = from + 4;
    while (at < last) {
      byte type = bytes[at];
      int value = textEnd(bytes, at + 1, last) + 1;
      int end = valueEnd(bytes, type, value, last);
      if (type == DOCUMENT || type == ARRAY) {
        check(bytes, value, end, depth + 1);
      } else if (type == SCOPED_CODE) {
        check(bytes, stringEnd(bytes, value + 4, end), end, depth + 1);
      }
      at = end;
    }
  }
}
