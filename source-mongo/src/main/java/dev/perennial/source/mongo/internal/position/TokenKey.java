package dev.perennial.source.mongo.internal.position;

import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The information in a resume token's bytes. They are one of the server's key strings
 * (resume_token.cpp and key_string.cpp): a sequence of values, each with a type byte. Clusters have
 * used this format since 4.0.7, but it is not documented, so any other format counts as an event's
 * token with an unknown time.
 *
 * @param kind the kind of point that the token represents
 * @param clusterTime the cluster time in the token; null if it is unknown
 */
public record TokenKey(Kind kind, @Nullable BsonTimestamp clusterTime) {

  /** The kinds of points that a token represents. */
  enum Kind {
    EVENT,
    /** A point in time between events. */
    HIGH_WATER,
    /** The event that ended a stream. */
    INVALIDATE
  }

  static final TokenKey UNKNOWN = new TokenKey(Kind.EVENT, null);

  private static final int TIMESTAMP = 0x82;
  private static final int ZERO = 0x29;
  private static final int INTEGER_OF_ONE_BYTE = 0x2B;
  private static final int INTEGER_OF_EIGHT_BYTES = 0x32;
  private static final int TRUE = 0x6F;
  private static final long HIGH_WATER_TYPE = 0;

  /** Parses the known fields of a key. */
  static TokenKey of(byte[] key) {
    return of(new Key(key, 0, key.length, false));
  }

  /**
   * Parses the known fields of a key in hexadecimal digits. It reads no further than them.
   *
   * @param from the offset of the first digit, in ASCII
   */
  static TokenKey ofHex(byte[] digits, int from, int to) {
    int length = to - from;
    return length % 2 == 0 ? of(new Key(digits, from, length / 2, true)) : UNKNOWN;
  }

  private static TokenKey of(Key key) {
    TokenKey parsed = parse(key);
    return key.isCorrupt ? UNKNOWN : parsed;
  }

  private static TokenKey parse(Key key) {
    if (key.length < 9 || key.next() != TIMESTAMP) {
      return UNKNOWN;
    }
    BsonTimestamp time = new BsonTimestamp(key.bigEndian(8));
    long version = key.number();
    // Version 0 (MongoDB 4.0 and early 4.2) has neither a type nor the mark of an invalidate event.
    if (version < 1) {
      return new TokenKey(Kind.EVENT, time);
    }
    long type = key.number();
    long operation = key.number();
    if (type < 0 || operation < 0 || key.at == key.length) {
      return new TokenKey(Kind.EVENT, time);
    }
    if (key.next() == TRUE) {
      return new TokenKey(Kind.INVALIDATE, time);
    }
    return new TokenKey(type == HIGH_WATER_TYPE ? Kind.HIGH_WATER : Kind.EVENT, time);
  }

  /** A reader of a key's bytes, each of which is a byte or two hexadecimal digits. */
  private static final class Key {

    private final byte[] bytes;
    private final int from;
    private final int length;
    private final boolean hex;
    private int at;

    /** Whether what was read is not all hexadecimal digits. */
    private boolean isCorrupt;

    Key(byte[] bytes, int from, int length, boolean hex) {
      this.bytes = bytes;
      this.from = from;
      this.length = length;
      this.hex = hex;
    }

    int next() {
      int index = at++;
      return hex
          ? digit(from + 2 * index) << 4 | digit(from + 2 * index + 1)
          : bytes[from + index] & 0xFF;
    }

    private int digit(int index) {
      int digit = Character.digit(bytes[index], 16);
      isCorrupt |= digit < 0;
      return digit;
    }

    long bigEndian(int size) {
      long value = 0;
      for (int i = 0; i < size; i++) {
        value = value << 8 | next();
      }
      return value;
    }

    /** Returns the next number if it is not negative, or -1 if there is none. */
    long number() {
      if (at >= length) {
        return -1;
      }
      int type = next();
      if (type == ZERO) {
        return 0;
      }
      int size = type - INTEGER_OF_ONE_BYTE + 1;
      if (size < 1 || type > INTEGER_OF_EIGHT_BYTES || size > length - at) {
        return -1;
      }
      // The lowest bit marks a fraction, which none of these numbers has.
      long shifted = bigEndian(size);
      return (shifted & 1) == 0 ? shifted >>> 1 : -1;
    }
  }
}
