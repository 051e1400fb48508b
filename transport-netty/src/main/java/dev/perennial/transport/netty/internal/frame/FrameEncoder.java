package dev.perennial.transport.netty.internal.frame;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The encoder of a client's frames, which are whole and masked (RFC 6455, sections 5.1 to 5.3). It
 * writes to the array of a heap buffer, because the checks of a buffer at each write cost more than
 * the bytes of a short frame.
 */
public final class FrameEncoder {

  /** The bytes of the longest header: two, eight of the length, four of the key. */
  public static final int MAX_HEADER = 14;

  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle LONGS = view(long[].class);

  private FrameEncoder() {}

  private static VarHandle view(Class<?> numbers) {
    return MethodHandles.byteArrayViewVarHandle(numbers, ByteOrder.BIG_ENDIAN);
  }

  /** Writes a whole frame to a heap buffer. */
  public static void frame(ByteBuf out, int opcode, byte[] payload, int key) {
    out.ensureWritable(MAX_HEADER + payload.length);
    byte[] bytes = out.array();
    int start = out.arrayOffset() + out.writerIndex();
    int at = header(bytes, start, opcode, payload.length, key);
    masked(bytes, at, payload, 0, payload.length, key);
    out.writerIndex(out.writerIndex() + at + payload.length - start);
  }

  /** Writes a frame's header to a heap buffer. */
  public static void header(ByteBuf out, int opcode, int length, int key) {
    out.ensureWritable(MAX_HEADER);
    int start = out.arrayOffset() + out.writerIndex();
    int end = header(out.array(), start, opcode, length, key);
    out.writerIndex(out.writerIndex() + end - start);
  }

  /** Writes a masked part of a payload to a heap buffer. The part begins at a multiple of four. */
  public static void masked(ByteBuf out, byte[] payload, int from, int to, int key) {
    out.ensureWritable(to - from);
    masked(out.array(), out.arrayOffset() + out.writerIndex(), payload, from, to, key);
    out.writerIndex(out.writerIndex() + to - from);
  }

  private static int header(byte[] out, int start, int opcode, int length, int key) {
    out[start] = (byte) (0x80 | opcode);
    int at = start + 2;
    if (length <= 125) {
      out[start + 1] = (byte) (0x80 | length);
    } else if (length <= 0xFFFF) {
      out[start + 1] = (byte) (0x80 | 126);
      SHORTS.set(out, at, (short) length);
      at += Short.BYTES;
    } else {
      out[start + 1] = (byte) (0x80 | 127);
      LONGS.set(out, at, (long) length);
      at += Long.BYTES;
    }
    INTS.set(out, at, key);
    return at + Integer.BYTES;
  }

  private static void masked(byte[] out, int start, byte[] payload, int from, int to, int key) {
    long longKey = ((long) key << 32) | (key & 0xFFFF_FFFFL);
    int i = from;
    int at = start;
    for (; i + Long.BYTES <= to; i += Long.BYTES, at += Long.BYTES) {
      LONGS.set(out, at, (long) LONGS.get(payload, i) ^ longKey);
    }
    for (int shift = 24; i < to; i++, at++) {
      out[at] = (byte) (payload[i] ^ (key >>> shift));
      shift = (shift + 24) % 32;
    }
  }
}
