package dev.perennial.simulators.tap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * Takes what a client sends apart into frames, and puts fragments together. Answers nothing itself.
 * As the real server, it has no size limit and does not look whether text is UTF-8.
 */
final class ClientFrames {

  /** What becomes of the frames. */
  interface Sink {
    /** A whole message: the first {@code length} bytes, valid during the call only. */
    void message(boolean text, byte[] payload, int length);

    void ping(byte[] payload);

    void pong(byte[] payload);

    /**
     * A close frame.
     *
     * @param code the close code, or {@link #NO_CODE}
     */
    void close(int code, String reason);
  }

  /** A client broke the protocol. */
  static final class ProtocolError extends Exception {

    private static final long serialVersionUID = 1;

    ProtocolError(String message) {
      super(message);
    }
  }

  /**
   * A close frame without a code, by the number that stands for it, which never goes over the wire.
   */
  static final int NO_CODE = 1005;

  private static final int MAX_CONTROL_PAYLOAD = 125;
  private static final int FIN = 0x80;
  private static final int RESERVED = 0x70;
  private static final int MASKED = 0x80;
  private static final int MASK_BYTES = 4;

  private final Sink sink;
  private final ByteBuf input = Unpooled.buffer(1024);
  private byte[] message = new byte[256];
  private int messageLength;
  private boolean inMessage;
  private boolean textMessage;

  ClientFrames(Sink sink) {
    this.sink = sink;
  }

  /** Reads all frames that are whole. Does not release what it is given. */
  void read(ByteBuf bytes) throws ProtocolError {
    input.writeBytes(bytes);
    while (readFrame()) {
      // Each call takes one frame.
    }
    input.discardSomeReadBytes();
  }

  private boolean readFrame() throws ProtocolError {
    int available = input.readableBytes();
    if (available < 2) {
      return false;
    }
    int start = input.readerIndex();
    int first = input.getUnsignedByte(start);
    int second = input.getUnsignedByte(start + 1);
    long length = second & 0x7f;
    check(first, second, length);
    int header = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0);
    if (available < header + MASK_BYTES) {
      return false;
    }
    if (length == 126) {
      length = input.getUnsignedShort(start + 2);
    } else if (length == 127) {
      length = input.getLong(start + 2);
    }
    if (length < 0 || length > Integer.MAX_VALUE / 2) {
      throw new ProtocolError("a frame of " + Long.toUnsignedString(length) + " bytes");
    }
    if (available - header - MASK_BYTES < length) {
      return false;
    }
    int mask = input.getInt(start + header);
    input.skipBytes(header + MASK_BYTES);
    payload(first, mask, (int) length);
    return true;
  }

  private void check(int first, int second, long length) throws ProtocolError {
    int opcode = first & 0x0f;
    boolean fin = (first & FIN) != 0;
    if ((first & RESERVED) != 0) {
      throw new ProtocolError("RSV bits set");
    }
    if ((second & MASKED) == 0) {
      throw new ProtocolError("bad MASK");
    }
    switch (opcode) {
      case Frames.TEXT, Frames.BINARY -> {
        if (inMessage) {
          throw new ProtocolError("data before FIN");
        }
      }
      case Frames.CONTINUATION -> {
        if (!inMessage) {
          throw new ProtocolError("continuation after FIN");
        }
      }
      case Frames.CLOSE, Frames.PING, Frames.PONG -> {
        if (length > MAX_CONTROL_PAYLOAD) {
          throw new ProtocolError("len > 125 for control");
        }
        if (!fin) {
          throw new ProtocolError("FIN not set on control");
        }
      }
      default -> throw new ProtocolError("bad opcode " + opcode);
    }
  }

  private void payload(int first, int mask, int length) throws ProtocolError {
    int opcode = first & 0x0f;
    if (opcode >= Frames.CLOSE) {
      byte[] payload = new byte[length];
      unmask(mask, payload, 0, length);
      control(opcode, payload);
      return;
    }
    if (opcode != Frames.CONTINUATION) {
      textMessage = opcode == Frames.TEXT;
      inMessage = true;
      messageLength = 0;
    }
    if (messageLength + length > message.length) {
      message = Arrays.copyOf(message, Math.max(2 * message.length, messageLength + length));
    }
    unmask(mask, message, messageLength, length);
    messageLength += length;
    if ((first & FIN) != 0) {
      inMessage = false;
      sink.message(textMessage, message, messageLength);
    }
  }

  private void control(int opcode, byte[] payload) throws ProtocolError {
    switch (opcode) {
      case Frames.PING -> sink.ping(payload);
      case Frames.PONG -> sink.pong(payload);
      default -> {
        if (payload.length < 2) {
          sink.close(NO_CODE, "");
          return;
        }
        int code = (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
        if (!CloseCodes.mayBeSent(code)) {
          throw new ProtocolError("bad close code " + code);
        }
        sink.close(code, CloseCodes.reason(payload));
      }
    }
  }

  private void unmask(int mask, byte[] target, int offset, int length) {
    input.readBytes(target, offset, length);
    for (int i = 0; i < length; i++) {
      target[offset + i] ^= (byte) (mask >>> (8 * (3 - (i & 3))));
    }
  }
}
