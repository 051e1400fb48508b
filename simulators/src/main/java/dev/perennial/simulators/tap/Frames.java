package dev.perennial.simulators.tap;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Writes WebSocket frames as a server does: unmasked. */
final class Frames {

  static final int CONTINUATION = 0x0;
  static final int TEXT = 0x1;
  static final int BINARY = 0x2;
  static final int CLOSE = 0x8;
  static final int PING = 0x9;
  static final int PONG = 0xa;

  private static final int FIN = 0x80;
  private static final int MAX_CONTROL_PAYLOAD = 125;

  private Frames() {}

  /** Writes a message of one frame. */
  static void write(ByteBuf out, int opcode, byte[] payload) {
    frameHeader(out, FIN | opcode, payload.length);
    out.writeBytes(payload);
  }

  /** Writes the header of a message's only frame, whose payload the caller writes. */
  static void header(ByteBuf out, int opcode, long length) {
    frameHeader(out, FIN | opcode, length);
  }

  /** Writes a text in fragments, with a ping between each two. */
  static void writeFragmented(ByteBuf out, byte[] payload, int fragment) {
    int opcode = TEXT;
    int from = 0;
    while (payload.length - from > fragment) {
      frameHeader(out, opcode, fragment);
      out.writeBytes(payload, from, fragment);
      write(out, PING, "between".getBytes(StandardCharsets.US_ASCII));
      opcode = CONTINUATION;
      from += fragment;
    }
    frameHeader(out, FIN | opcode, payload.length - from);
    out.writeBytes(payload, from, payload.length - from);
  }

  /**
   * Writes a close frame.
   *
   * @param code the code, or {@link ClientFrames#NO_CODE} for a frame without one
   * @throws IllegalArgumentException if the reason does not fit into 123 bytes
   */
  static void writeClose(ByteBuf out, int code, String reason) {
    if (code == ClientFrames.NO_CODE) {
      frameHeader(out, FIN | CLOSE, 0);
      return;
    }
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    if (text.length > MAX_CONTROL_PAYLOAD - 2) {
      throw new IllegalArgumentException(
          "The reason takes " + text.length + " bytes; 123 fit: " + reason);
    }
    frameHeader(out, FIN | CLOSE, 2L + text.length);
    out.writeShort(code);
    out.writeBytes(text);
  }

  private static void frameHeader(ByteBuf out, int first, long length) {
    out.writeByte(first);
    if (length <= 125) {
      out.writeByte((int) length);
    } else if (length <= 0xffff) {
      out.writeByte(126).writeShort((int) length);
    } else {
      out.writeByte(127).writeLong(length);
    }
  }
}
