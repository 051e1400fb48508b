package dev.perennial.source.mongo.internal.position;

import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * What a resume token's own bytes say of it. They are a "key string" of the server's
 * (resume_token.cpp and key_string.cpp): one value after another, each with a byte for its type.
 * Clusters agree on this since 4.0.7, but nobody promises it, so whatever looks different counts as
 * an event's token whose time is not known.
 *
 * @param kind what the token stands for
 * @param clusterTime when it was made, or null if the bytes do not say it
 */
public record TokenKey(Kind kind, @Nullable BsonTimestamp clusterTime) {

  /** What a token stands for. */
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

  /** Reads as much as is known of a key. */
  static TokenKey of(byte[] key) {
    if (key.length < 9 || (key[0] & 0xFF) != TIMESTAMP) {
      return UNKNOWN;
    }
    BsonTimestamp time = new BsonTimestamp(bigEndian(key, 1, 8));
    Numbers numbers = new Numbers(key, 9);
    long version = numbers.next();
    // Version 0, of 4.0 and early 4.2, has neither a type nor the mark of an invalidate.
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

  /** Reads whole numbers that are not negative. */
  private static final class Numbers {

    private final byte[] key;
    int at;

    Numbers(byte[] key, int at) {
      this.key = key;
      this.at = at;
    }

    /** The next number, or -1 if there is none. */
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
      // The lowest bit says that a fraction follows, which none of these has.
      long shifted = bigEndian(key, at + 1, size);
      at += 1 + size;
      return (shifted & 1) == 0 ? shifted >>> 1 : -1;
    }
  }
}
