package dev.perennial.benchmarks.tap;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The frames of WebSocket messages, read and written by hand in arrays. Knows only what the
 * benchmark sends: messages of one frame.
 */
final class Frames {

  /** Takes what arrived. The bytes are valid during the call only. */
  interface Sink {

    /** Takes the header of an HTTP message, with the empty line at its end. */
    void header(String text);

    /** Takes a message, unmasked. */
    void message(byte[] bytes, int offset, int length) throws Exception;

    /** Takes a ping. */
    default void ping(byte[] bytes, int offset, int length) {}

    /** Takes a close frame. */
    default void closed() {}
  }

  static final int FIN_TEXT = 0x81;
  static final int FIN_CLOSE = 0x88;
  static final int FIN_PING = 0x89;
  static final int FIN_PONG = 0x8a;
  static final int MASKED = 0x80;
  private static final String HEADER_END = "\r\n\r\n";

  private final Sink sink;
  private byte[] bytes = new byte[1 << 14];
  private int length;
  private boolean open;

  Frames(Sink sink) {
    this.sink = sink;
  }

  /** Reads what has arrived, up to the last whole frame. */
  void read(ByteBuf input) throws Exception {
    int more = input.readableBytes();
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
    input.readBytes(bytes, length, more);
    length += more;
    int used = 0;
    if (!open) {
      used = readHeader();
    }
    if (open) {
      used = readFrames(used);
    }
    length -= used;
    System.arraycopy(bytes, used, bytes, 0, length);
  }

  private int readHeader() {
    String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    int end = text.indexOf(HEADER_END);
    if (end < 0) {
      return 0;
    }
    open = true;
    sink.header(text.substring(0, end + HEADER_END.length()));
    return end + HEADER_END.length();
  }

  private int readFrames(int from) throws Exception {
    int at = from;
    while (length - at >= 2) {
      int size = bytes[at + 1] & 0x7f;
      int payload = at + 2;
      if (size == 126) {
        if (length - at < 4) {
          return at;
        }
        size = (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
        payload += 2;
      } else if (size == 127) {
        throw new IllegalStateException("A frame is larger than any of the benchmark's.");
      }
      boolean masked = (bytes[at + 1] & MASKED) != 0;
      int mask = payload;
      payload += masked ? 4 : 0;
      if (length - payload < size) {
        return at;
      }
      if (masked) {
        for (int i = 0; i < size; i++) {
          bytes[payload + i] ^= bytes[mask + (i & 3)];
        }
      }
      frame(bytes[at] & 0xff, payload, size);
      at = payload + size;
    }
    return at;
  }

  private void frame(int first, int payload, int size) throws Exception {
    switch (first) {
      case FIN_TEXT -> sink.message(bytes, payload, size);
      case FIN_PING -> sink.ping(bytes, payload, size);
      case FIN_PONG -> {}
      case FIN_CLOSE -> sink.closed();
      default ->
          throw new IllegalStateException(
              "A frame begins with 0x" + Integer.toHexString(first) + ".");
    }
  }
}
