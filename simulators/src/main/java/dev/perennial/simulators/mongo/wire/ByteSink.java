package dev.perennial.simulators.mongo.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing array that is written little-endian, as BSON and the wire protocol are. */
public final class ByteSink {

  private byte[] bytes;
  private int size;

  public ByteSink(int capacity) {
    bytes = new byte[capacity];
  }

  public int size() {
    return size;
  }

  int capacity() {
    return bytes.length;
  }

  /** The bytes, of which the first {@link #size} count; valid until the next write. */
  public byte[] array() {
    return bytes;
  }

  void clear() {
    size = 0;
  }

  void ensure(int more) {
    long needed = (long) size + more;
    if (needed > Integer.MAX_VALUE - 16) {
      throw new IllegalStateException("A message cannot have " + needed + " bytes.");
    }
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(2L * bytes.length, 1 << 30)));
    }
  }

  public void int8(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  void int32(int value) {
    ensure(4);
    set32(size, value);
    size += 4;
  }

  void int64(long value) {
    int32((int) value);
    int32((int) (value >>> 32));
  }

  void set32(int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >>> 8);
    bytes[at + 2] = (byte) (value >>> 16);
    bytes[at + 3] = (byte) (value >>> 24);
  }

  public void bytes(byte[] source) {
    bytes(source, 0, source.length);
  }

  public void bytes(byte[] source, int from, int length) {
    ensure(length);
    System.arraycopy(source, from, bytes, size, length);
    size += length;
  }

  /** Writes a text and its terminating zero. */
  public void cstring(String text) {
    bytes(text.getBytes(StandardCharsets.UTF_8));
    int8(0);
  }

  /** Writes a number as decimal digits and a terminating zero: the key of an array's element. */
  void index(int number) {
    ensure(11);
    if (number < 10) {
      bytes[size++] = (byte) ('0' + number);
    } else {
      int digits = number < 100 ? 2 : number < 1_000 ? 3 : number < 10_000 ? 4 : 0;
      if (digits == 0) {
        bytes(Integer.toString(number).getBytes(StandardCharsets.US_ASCII));
      } else {
        int rest = number;
        for (int i = digits - 1; i >= 0; i--) {
          bytes[size + i] = (byte) ('0' + rest % 10);
          rest /= 10;
        }
        size += digits;
      }
    }
    bytes[size++] = 0;
  }

  /** Begins a document and returns its offset, for {@link #end}. */
  int begin() {
    int at = size;
    int32(0);
    return at;
  }

  /** Ends the document that begins at that offset. */
  void end(int begin) {
    int8(0);
    set32(begin, size - begin);
  }
}
