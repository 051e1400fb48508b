package dev.perennial.transport.netty.internal.frame;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes of a server's frames, also of forbidden ones. */
public final class Frames {

  public static final int FIN = 0x80;

  private Frames() {}

  /** A frame with its length in the shortest form, whatever the first byte says. */
  public static byte[] frame(int firstByte, byte[] payload) {
    ByteBuffer out = ByteBuffer.allocate(10 + payload.length);
    out.put((byte) firstByte);
    if (payload.length <= 125) {
      out.put((byte) payload.length);
    } else if (payload.length <= 0xFFFF) {
      out.put((byte) 126).putShort((short) payload.length);
    } else {
      out.put((byte) 127).putLong(payload.length);
    }
    out.put(payload);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  public static byte[] text(byte[] utf8) {
    return frame(FIN | Opcode.TEXT, utf8);
  }

  public static byte[] text(String text) {
    return text(utf8(text));
  }

  public static byte[] binary(byte[] bytes) {
    return frame(FIN | Opcode.BINARY, bytes);
  }

  public static byte[] ping(byte[] payload) {
    return frame(FIN | Opcode.PING, payload);
  }

  public static byte[] pong(byte[] payload) {
    return frame(FIN | Opcode.PONG, payload);
  }

  public static byte[] close(int code, String reason) {
    byte[] words = utf8(reason);
    return frame(
        FIN | Opcode.CLOSE,
        ByteBuffer.allocate(2 + words.length).putShort((short) code).put(words).array());
  }

  public static byte[] close() {
    return frame(FIN | Opcode.CLOSE, new byte[0]);
  }

  /** The first fragment of a message. */
  public static byte[] first(int opcode, byte[] payload) {
    return frame(opcode, payload);
  }

  public static byte[] middle(byte[] payload) {
    return frame(Opcode.CONTINUATION, payload);
  }

  public static byte[] last(byte[] payload) {
    return frame(FIN | Opcode.CONTINUATION, payload);
  }

  /** A message in fragments of a size, the last one possibly shorter. */
  public static byte[] fragments(int opcode, byte[] payload, int size) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int from = 0; ; from += size) {
      int to = Math.min(payload.length, from + size);
      byte[] piece = java.util.Arrays.copyOfRange(payload, from, to);
      int fin = to == payload.length ? FIN : 0;
      out.writeBytes(frame(fin | (from == 0 ? opcode : Opcode.CONTINUATION), piece));
      if (fin != 0) {
        return out.toByteArray();
      }
    }
  }

  public static byte[] all(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  public static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  public static byte[] repeat(int value, int count) {
    byte[] bytes = new byte[count];
    java.util.Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
