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
    if (key.length < 9 || (key[0] & 0xFF) != TIMESTAMP) {
      return UNKNOWN;
    }
    BsonTimestamp time = new BsonTimestamp(bigEndian(key, 1, 8));
    Numbers numbers = new Numbers(key, 9);
    long version = numbers.next();
    // Version 0 (MongoDB 4.0 and early 4.2) has neither a type nor the mark of an invalidate event.
    if (version < 1) {
      return new TokenKey(Kind.EVENT, time);
    }
    long type = numbers.next();
    long operation = numbers.next();
    if (type < 0 || operation < 0 || numbers.at == key.length) {
      return new TokenKey(Kind.EVENT, time);
    }
    if ((key[numbers.at] & 0xFF) == TRUE) {
      return new TokenKey(Kind.INVALIDATE, time);
    }
    return new TokenKey(type == HIGH_WATER_TYPE ? Kind.HIGH_WATER : Kind.EVENT, time);
  }

  private static long bigEndian(byte[] key, int at, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 8 | (key[at + i] & 0xFF);
    }
    return value;
  }

  /** A reader of non-negative integers. */
  private static final class Numbers {

    private final byte[] key;
    int at;

    Numbers(byte[] key, int at) {
      this.key = key;
      this.at = at;
    }

    /** Returns the next number, or -1 if there is none. */
    long next() {
      if (at >= key.length) {
        return -1;
      }
      int type = key[at] & 0xFF;
      if (type == ZERO) {
        at++;
        return 0;
      }
      if (type < INTEGER_OF_ONE_BYTE || type > INTEGER_OF_EIGHT_BYTES) {
        return -1;
      }
      int size = type - INTEGER_OF_ONE_BYTE + 1;
      if (size > key.length - at - 1) {
        return -1;
      }
      // The lowest bit marks a fraction, which none of these numbers has.
      long shifted = bigEndian(key, at + 1, size);
      at += 1 + size;
      return (shifted & 1) == 0 ? shifted >>> 1 : -1;
    }
  }
}
