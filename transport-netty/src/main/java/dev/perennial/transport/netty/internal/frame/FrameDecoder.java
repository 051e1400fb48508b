package dev.perennial.transport.netty.internal.frame;

import dev.perennial.port.Message;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * The decoder of a server's frames (RFC 6455, section 5), which reads them from the read buffer.
 * Frames and messages may be split anywhere; only the bytes of the current message are kept between
 * two calls. It supports no extension. Not safe for use from several threads.
 */
public final class FrameDecoder {

  /** The receiver of what is decoded. It owns the arrays. */
  public interface Listener {

    /** Receives a message. */
    void onMessage(Message message);

    /** Receives a ping. */
    void onPing(byte[] payload);

    /** Receives a pong. */
    void onPong(byte[] payload);

    /** Receives the close frame, after which nothing comes. The code is 1005 if it had none. */
    void onClose(int code, String reason);
  }

  private enum State {
    FIRST_BYTE,
    SECOND_BYTE,
    LENGTH,
    PAYLOAD,
    ENDED
  }

  private static final int MAX_CONTROL_PAYLOAD = 125;

  private final MessageAssembler assembler;
  private final Listener listener;

  private State state = State.FIRST_BYTE;
  private boolean last;
  private int opcode;
  private int lengthBytes;
  private int lengthBytesLeft;
  private long left;
  private boolean inMessage;
  private byte[] control = new byte[0];

  /** Makes a decoder for one connection. */
  public FrameDecoder(int maxMessageSize, Listener listener) {
    this.assembler = new MessageAssembler(maxMessageSize);
    this.listener = listener;
  }

  /**
   * Decodes all that the buffer holds. Skips everything after a close frame or a violation.
   *
   * @throws ProtocolViolation if the peer broke a rule; the listener has received what came before
   */
  public void decode(ByteBuf in) throws ProtocolViolation {
    boolean sound = false;
    try {
      while (state == State.PAYLOAD || in.isReadable()) {
        switch (state) {
          case FIRST_BYTE -> firstByte(in.readByte());
          case SECOND_BYTE -> secondByte(in.readByte());
          case LENGTH -> length(in.readByte());
          case PAYLOAD -> {
            if (!payload(in)) {
              sound = true;
              return;
            }
          }
          case ENDED -> in.skipBytes(in.readableBytes());
        }
      }
      sound = true;
    } finally {
      if (!sound) {
        state = State.ENDED;
      }
    }
  }

  private void firstByte(byte value) throws ProtocolViolation {
    last = (value & 0x80) != 0;
    opcode = value & 0x0F;
    if ((value & 0x70) != 0) {
      throw ProtocolViolation.framing(
          "a frame has a reserved bit set, but no extension was agreed on");
    }
    if (!Opcode.isKnown(opcode)) {
      throw ProtocolViolation.framing("a frame has the reserved opcode " + opcode);
    }
    if (Opcode.isControl(opcode)) {
      if (!last) {
        throw ProtocolViolation.framing("a control frame is fragmented");
      }
    } else if (opcode == Opcode.CONTINUATION && !inMessage) {
      throw ProtocolViolation.framing("a continuation frame continues no message");
    } else if (opcode != Opcode.CONTINUATION && inMessage) {
      throw ProtocolViolation.framing("a message begins before the fragmented one is over");
    }
    state = State.SECOND_BYTE;
  }

  private void secondByte(byte value) throws ProtocolViolation {
    if ((value & 0x80) != 0) {
      throw ProtocolViolation.framing("a server's frame is masked");
    }
    int length = value & 0x7F;
    if (length > MAX_CONTROL_PAYLOAD) {
      if (Opcode.isControl(opcode)) {
        throw ProtocolViolation.framing("a control frame has a payload of over 125 bytes");
      }
      lengthBytes = length == 126 ? 2 : 8;
      lengthBytesLeft = lengthBytes;
      left = 0;
      state = State.LENGTH;
    } else {
      begin(length);
    }
  }

  private void length(byte value) throws ProtocolViolation {
    left = (left << 8) | (value & 0xFF);
    if (--lengthBytesLeft > 0) {
      return;
    }
    if (left < 0) {
      throw ProtocolViolation.framing("a frame's length has its highest bit set");
    }
    if (left <= (lengthBytes == 2 ? MAX_CONTROL_PAYLOAD : 0xFFFF)) {
      throw ProtocolViolation.framing("a frame's length is not in its shortest form");
    }
    begin(left);
  }

  private void begin(long length) {
    left = length;
    if (Opcode.isControl(opcode)) {
      control = new byte[(int) length];
    } else {
      if (opcode != Opcode.CONTINUATION) {
        inMessage = true;
        assembler.begin(opcode == Opcode.TEXT);
      }
      assembler.frame(length);
    }
    state = State.PAYLOAD;
  }

  /** Reads the payload as far as it has arrived, and returns whether it is complete. */
  private boolean payload(ByteBuf in) throws ProtocolViolation {
    int count = (int) Math.min(left, in.readableBytes());
    if (Opcode.isControl(opcode)) {
      in.readBytes(control, control.length - (int) left, count);
    } else if (count > 0) {
      assembler.payload(in, count);
    }
    left -= count;
    if (left > 0) {
      return false;
    }
    state = State.FIRST_BYTE;
    end();
    return true;
  }

  private void end() throws ProtocolViolation {
    switch (opcode) {
      case Opcode.PING -> listener.onPing(control);
      case Opcode.PONG -> listener.onPong(control);
      case Opcode.CLOSE -> close(control);
      default -> {
        if (last) {
          inMessage = false;
          listener.onMessage(assembler.end());
        }
      }
    }
  }

  private void close(byte[] payload) throws ProtocolViolation {
    state = State.ENDED;
    if (payload.length == 0) {
      listener.onClose(CloseCode.NONE, "");
      return;
    }
    if (payload.length == 1) {
      throw ProtocolViolation.framing("a close frame has half a code");
    }
    int code = ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
    if (!CloseCode.isAllowedInFrame(code)) {
      throw ProtocolViolation.framing(
          "a close frame has the code " + code + ", which is not allowed");
    }
    Utf8Validator utf8 = new Utf8Validator();
    if (!utf8.accept(payload, 2, payload.length) || !utf8.isComplete()) {
      throw ProtocolViolation.text("a close frame's reason is not valid UTF-8");
    }
    listener.onClose(code, new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
  }
}
