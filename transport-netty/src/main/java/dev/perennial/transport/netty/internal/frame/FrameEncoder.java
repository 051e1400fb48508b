package dev.perennial.transport.netty.internal.frame;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The encoder of a client's frames, which are whole and masked (RFC 6455, sections 5.1 to 5.3). */
public final class FrameEncoder {

  /** The bytes of the longest header: two, eight of the length, four of the key. */
  public static final int MAX_HEADER = 14;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private FrameEncoder() {}

  /** Writes a whole frame. */
  public static void frame(ByteBuf out, int opcode, byte[] payload, int key) {
    header(out, opcode, payload.length, key);
    masked(out, payload, 0, payload.length, key);
  }

  /** Writes a frame's header. */
  public static void header(ByteBuf out, int opcode, int length, int key) {
    out.writeByte(0x80 | opcode);
    if (length <= 125) {
      out.writeByte(0x80 | length);
    } else if (length <= 0xFFFF) {
      out.writeByte(0x80 | 126);
      out.writeShort(length);
    } else {
      out.writeByte(0x80 | 127);
      out.writeLong(length);
    }
    out.writeInt(key);
  }

  /** Writes a masked part of a payload. The part begins at a multiple of four. */
  public static void masked(ByteBuf out, byte[] payload, int from, int to, int key) {
    out.ensureWritable(to - from);
    long longKey = ((long) key << 32) | (key & 0xFFFF_FFFFL);
    int i = from;
    for (; i + 8 <= to; i += 8) {
      out.writeLong((long) LONGS.get(payload, i) ^ longKey);
    }
    for (int shift = 24; i < to; i++) {
      out.writeByte(payload[i] ^ (key >>> shift));
      shift = (shift + 24) % 32;
    }
  }
}
