package dev.perennial.transport.netty.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class FrameEncoderTest {

  /**
   * A masked frame, read as RFC 6455, section 5.3, says: byte i of the payload goes with byte i mod
   * 4 of the key.
   */
  private static byte[] payloadOf(ByteBuf frame, int opcode, int expectedHeader) {
    assertThat(frame.readUnsignedByte()).isEqualTo((short) (0x80 | opcode));
    int length = frame.readUnsignedByte();
    assertThat(length & 0x80).isEqualTo(0x80);
    long size = length & 0x7F;
    if (size == 126) {
      size = frame.readUnsignedShort();
    } else if (size == 127) {
      size = frame.readLong();
    }
    byte[] key = new byte[4];
    frame.readBytes(key);
    assertThat(frame.readerIndex()).isEqualTo(expectedHeader);
    byte[] payload = new byte[(int) size];
    frame.readBytes(payload);
    assertThat(frame.isReadable()).isFalse();
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= key[i % 4];
    }
    return payload;
  }

  @Property
  void aFrameIsReadAsItWasWritten(@ForAll @Size(max = 200) byte[] payload, @ForAll int key) {
    ByteBuf out = Unpooled.buffer();
    FrameEncoder.frame(out, Opcode.TEXT, payload, key);
    int header = payload.length <= 125 ? 6 : 8;
    assertThat(payloadOf(out, Opcode.TEXT, header)).isEqualTo(payload);
  }

  @Property(tries = 50)
  void aFrameOfAnyLengthIsReadAsItWasWritten(
      @ForAll @IntRange(max = 70_000) int length,
      @ForAll @IntRange(max = 20) int before,
      @ForAll int key) {
    byte[] payload = new byte[length];
    for (int i = 0; i < length; i++) {
      payload[i] = (byte) (i * 31);
    }
    // A pooled buffer is a part of a larger array, and need not be empty.
    ByteBuf out = PooledByteBufAllocator.DEFAULT.heapBuffer().writeZero(before);
    try {
      FrameEncoder.frame(out, Opcode.BINARY, payload, key);
      int header = length <= 125 ? 6 : length <= 0xFFFF ? 8 : 14;
      assertThat(payloadOf(out.skipBytes(before).slice(), Opcode.BINARY, header))
          .isEqualTo(payload);
    } finally {
      out.release();
    }
  }

  @Example
  void framesBesideTheBordersOfTheLengthsAreReadAsTheyWereWritten() {
    for (int length : new int[] {125, 126, 0xFFFF, 0x1_0000}) {
      aFrameOfAnyLengthIsReadAsItWasWritten(length, 3, 0x01020304);
    }
  }

  @Property
  void aPayloadInPiecesIsTheSame(@ForAll @Size(max = 100) byte[] payload, @ForAll int key) {
    ByteBuf whole = Unpooled.buffer();
    FrameEncoder.masked(whole, payload, 0, payload.length, key);
    ByteBuf pieces = Unpooled.buffer();
    for (int from = 0; from < payload.length; from += 12) {
      FrameEncoder.masked(pieces, payload, from, Math.min(payload.length, from + 12), key);
    }
    assertThat(pieces).isEqualTo(whole);
  }
}
