package dev.perennial.transport.netty.internal.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A validator of UTF-8 as RFC 3629 defines it: shortest forms only, no surrogates, nothing over
 * U+10FFFF. It accepts pieces that may end anywhere, and fails at the first byte with which no
 * valid text can continue. Not safe for use from several threads.
 */
final class Utf8Validator {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final int LONGEST_SEQUENCE = 4;

  /** The number of bytes that the sequence at the end of the last piece lacks. */
  private int missing;

  /**
   * The lowest value of the next byte. Only the second byte of a sequence has a narrower range than
   * usual.
   */
  private int lowest;

  private int highest;

  /** Returns whether a whole text is valid. */
  static boolean isValid(byte[] bytes) {
    Utf8Validator validator = new Utf8Validator();
    return validator.accept(bytes, 0, bytes.length) && validator.isComplete();
  }

  /** Begins a new text. */
  void reset() {
    missing = 0;
  }

  /** Returns whether the text may end here. */
  boolean isComplete() {
    return missing == 0;
  }

  /**
   * Validates the next piece.
   *
   * @return whether the text is valid so far; after false, call {@link #reset}
   */
  boolean accept(byte[] bytes, int from, int to) {
    int i = from;
    while (missing > 0 && i < to) {
      if (!follow(bytes[i++])) {
        return false;
      }
    }
    while (i < to) {
      if (bytes[i] >= 0) {
        i = skipAscii(bytes, i + 1, to);
      } else if (i + LONGEST_SEQUENCE <= to) {
        int length = sequence(bytes, i);
        if (length == 0) {
          return false;
        }
        i += length;
      } else {
        if (!begin(bytes[i++])) {
          return false;
        }
        while (missing > 0 && i < to) {
          if (!follow(bytes[i++])) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private static int skipAscii(byte[] bytes, int from, int to) {
    int i = from;
    while (i + 32 <= to) {
      long all =
          (long) LONGS.get(bytes, i)
              | (long) LONGS.get(bytes, i + 8)
              | (long) LONGS.get(bytes, i + 16)
              | (long) LONGS.get(bytes, i + 24);
      if ((all & HIGH_BITS) != 0) {
        break;
      }
      i += 32;
    }
    while (i + 8 <= to && ((long) LONGS.get(bytes, i) & HIGH_BITS) == 0) {
      i += 8;
    }
    while (i < to && bytes[i] >= 0) {
      i++;
    }
    return i;
  }

  /**
   * Returns the length of the sequence that begins here, or 0 if it is not valid. At least four
   * bytes follow.
   */
  private static int sequence(byte[] bytes, int at) {
    int first = bytes[at] & 0xFF;
    int second = bytes[at + 1] & 0xFF;
    if (first < 0xE0) {
      return first >= 0xC2 && isFollower(bytes[at + 1]) ? 2 : 0;
    }
    if (first > 0xF4 || second < lowestSecond(first) || second > highestSecond(first)) {
      return 0;
    }
    if (!isFollower(bytes[at + 2])) {
      return 0;
    }
    if (first < 0xF0) {
      return 3;
    }
    return isFollower(bytes[at + 3]) ? 4 : 0;
  }

  private boolean begin(byte lead) {
    int first = lead & 0xFF;
    if (first < 0xC2 || first > 0xF4) {
      return false;
    }
    missing = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    lowest = lowestSecond(first);
    highest = highestSecond(first);
    return true;
  }

  private boolean follow(byte next) {
    int value = next & 0xFF;
    if (value < lowest || value > highest) {
      return false;
    }
    missing--;
    lowest = 0x80;
    highest = 0xBF;
    return true;
  }

  private static boolean isFollower(byte value) {
    return (value & 0xC0) == 0x80;
  }

  /** Returns the lowest second byte; below it, the sequence is not the shortest form. */
  private static int lowestSecond(int first) {
    return first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  }

  /** Returns the highest second byte; above it is a surrogate or more than U+10FFFF. */
  private static int highestSecond(int first) {
    return first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  }
}
