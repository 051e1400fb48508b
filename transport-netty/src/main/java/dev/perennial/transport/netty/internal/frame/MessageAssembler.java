package dev.perennial.transport.netty.internal.frame;

import dev.perennial.port.Message;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * The assembler of a message from the payloads of its frames, one message at a time. It counts and
 * discards a message that is over the size limit.
 *
 * <p>Text is validated piece by piece as it arrives, so that invalid text fails early. Discarded
 * bytes are not validated, because nobody reads them and their frames are valid. A frame begins
 * with its length. So a single frame over the limit is not validated at all, and a fragmented
 * message is validated only up to the frame that exceeds the limit.
 */
final class MessageAssembler {

  /** The bytes that are kept of a message over the limit. */
  static final int HEAD = 4096;

  /** The most bytes allocated for a length that is only announced. */
  private static final int TRUSTED_LENGTH = 1 << 20;

  private static final byte[] EMPTY = new byte[0];

  private final int maxSize;
  private final Utf8Validator utf8 = new Utf8Validator();

  private boolean text;
  private byte[] bytes = EMPTY;
  private int filled;
  private long size;
  private boolean tooLarge;
  private boolean continued;

  MessageAssembler(int maxSize) {
    this.maxSize = maxSize;
  }

  void begin(boolean isText) {
    text = isText;
    bytes = EMPTY;
    filled = 0;
    size = 0;
    tooLarge = false;
    utf8.reset();
  }

  /** Begins the payload of the message's next frame. */
  void frame(long length) {
    continued = filled > 0;
    size = size > Long.MAX_VALUE - length ? Long.MAX_VALUE : size + length;
    if (size > maxSize && !tooLarge) {
      tooLarge = true;
      filled = Math.min(filled, HEAD);
      bytes = Arrays.copyOf(bytes, HEAD);
    }
  }

  /** Reads bytes of the announced payload. */
  void payload(ByteBuf in, int count) throws ProtocolViolation {
    if (tooLarge) {
      int kept = Math.min(count, HEAD - filled);
      in.readBytes(bytes, filled, kept);
      filled += kept;
      in.skipBytes(count - kept);
      return;
    }
    makeRoomFor(count);
    in.readBytes(bytes, filled, count);
    if (text && !utf8.accept(bytes, filled, filled + count)) {
      throw ProtocolViolation.text("a text message is not valid UTF-8");
    }
    filled += count;
  }

  /** Ends the message after its last frame, and returns it. */
  Message end() throws ProtocolViolation {
    byte[] whole = filled == bytes.length ? bytes : Arrays.copyOf(bytes, filled);
    bytes = EMPTY;
    if (tooLarge) {
      return new Message.TooLarge(whole, size);
    }
    if (!text) {
      return new Message.Binary(whole);
    }
    if (!utf8.isComplete()) {
      throw ProtocolViolation.text("a text message ends within a character");
    }
    return new Message.Text(whole);
  }

  /**
   * Grows the array to the announced size if that is safe, so that an unfragmented message is
   * copied once. For fragments the size doubles, so that many small ones do not copy the message
   * each time.
   */
  private void makeRoomFor(int count) {
    int needed = filled + count;
    if (needed <= bytes.length) {
      return;
    }
    int limit = continued ? maxSize : (int) size;
    int grown =
        bytes.length == 0 ? TRUSTED_LENGTH : (int) Math.min(Integer.MAX_VALUE, 2L * bytes.length);
    bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(limit, grown)));
  }
}
