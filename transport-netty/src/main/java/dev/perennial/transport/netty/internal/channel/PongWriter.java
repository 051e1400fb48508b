package dev.perennial.transport.netty.internal.channel;

import dev.perennial.transport.netty.internal.frame.FrameEncoder;
import dev.perennial.transport.netty.internal.frame.MaskKeyGenerator;
import dev.perennial.transport.netty.internal.frame.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The writer of pongs. All pings of one read are answered with one buffer. While the socket takes
 * nothing, only the newest ping is answered, as RFC 6455, section 5.5.3, allows, so a peer that
 * does not read cannot fill the memory. Used by the event loop only.
 */
final class PongWriter {

  private static final int BUFFER = 256;

  private final Channel socket;
  private final MaskKeyGenerator keys;
  private @Nullable ByteBuf buffer;
  private byte @Nullable [] late;

  PongWriter(Channel socket, MaskKeyGenerator keys) {
    this.socket = socket;
    this.keys = keys;
  }

  /** Prepares the answer to a ping; {@link #flush} writes it. */
  void answer(byte[] ping) {
    if (!socket.isWritable()) {
      late = ping;
      return;
    }
    if (buffer == null) {
      buffer = socket.alloc().heapBuffer(BUFFER);
    }
    FrameEncoder.frame(buffer, Opcode.PONG, ping, keys.next());
  }

  /** Writes the prepared answers if the socket takes them. */
  void flush() {
    if (late != null && socket.isWritable()) {
      byte[] ping = late;
      late = null;
      answer(ping);
    }
    if (buffer != null) {
      ByteBuf out = buffer;
      buffer = null;
      // Not the void promise: if the peer no longer reads, it would fail the pipeline, and end the
      // channel before all that the peer had sent is read.
      socket.writeAndFlush(out);
    }
  }

  /** Drops the prepared answers. */
  void abandon() {
    late = null;
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }
}
