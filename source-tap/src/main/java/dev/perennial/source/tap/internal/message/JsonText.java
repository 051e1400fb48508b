package dev.perennial.source.tap.internal.message;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The texts of a message that is JSON, decoded when they are asked for. */
public final class JsonText {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** A byte of value 1 in each place of a long. */
  private static final long ONES = 0x0101010101010101L;

  private static final long HIGH_BITS = 0x8080808080808080L;

  private JsonText() {}

  /**
   * Decodes a text.
   *
   * @param json a message in which the text has the right form
   * @param quote the offset of the quote that begins it
   */
  public static String decode(byte[] json, int quote) {
    int start = quote + 1;
    int end = endOfPlain(json, start);
    if (json[end] == '"') {
      return new String(json, start, end - start, StandardCharsets.UTF_8);
    }
    while (json[end] == '\\') {
      end = endOfPlain(json, end + 2);
    }
    return unescaped(new String(json, start, end - start, StandardCharsets.UTF_8));
  }

  private static String unescaped(String escaped) {
    StringBuilder text = new StringBuilder(escaped.length());
    for (int i = 0; i < escaped.length(); i++) {
      char next = escaped.charAt(i);
      if (next == '\\') {
        i++;
        next = escaped.charAt(i);
        switch (next) {
          case 'b' -> next = '\b';
          case 'f' -> next = '\f';
          case 'n' -> next = '\n';
          case 'r' -> next = '\r';
          case 't' -> next = '\t';
          case 'u' -> {
            next = (char) Integer.parseInt(escaped, i + 1, i + 5, 16);
            i += 4;
          }
          default -> {}
        }
      }
      text.append(next);
    }
    return text.toString();
  }

  /**
   * Returns the offset of the first byte that does not stand for itself in a text: a quote, a
   * backslash, or a control character, which is not allowed there. Returns the size of the message
   * if there is none.
   */
  static int endOfPlain(byte[] json, int from) {
    int at = from;
    for (; at <= json.length - Long.BYTES; at += Long.BYTES) {
      long found = special(eightBytes(json, at));
      if (found != 0) {
        return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
      }
    }
    while (at < json.length && isPlain(json[at])) {
      at++;
    }
    return at;
  }

  /** Returns eight bytes as a number of which the first is the lowest. */
  static long eightBytes(byte[] json, int at) {
    return (long) LONGS.get(json, at);
  }

  /**
   * Returns a word of which the lowest bit set belongs to the first special byte; 0 if there is
   * none. A byte is less than n if subtracting n borrows from its highest bit; the borrow may
   * spread to later bytes only. Flipping the bit of value 2 makes the quote the next value after
   * the control characters, and comparing with a backslash makes that 0.
   */
  private static long special(long bytes) {
    long quoteOrControl = (bytes ^ (ONES * 2)) - ONES * ('"' - 1);
    long backslash = (bytes ^ (ONES * '\\')) - ONES;
    return (quoteOrControl | backslash) & ~bytes & HIGH_BITS;
  }

  private static boolean isPlain(byte value) {
    return value != '"' && value != '\\' && (value >= ' ' || value < 0);
  }
}
