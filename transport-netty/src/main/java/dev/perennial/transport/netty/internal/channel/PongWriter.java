package dev.perennial.transport.netty.internal.channel;

import dev.perennial.transport.netty.internal.frame.FrameEncoder;
import dev.perennial.transport.netty.internal.frame.MaskKeyGenerator;
import dev.perennial.transport.netty.internal.frame.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * Answers pings: those of one read with one buffer, and, while the socket takes nothing, only the
 * newest, which RFC 6455, section 5.5.3, allows, so that a peer that does not read cannot fill our
 * memory. Used by the event loop only.
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

  void answer(byte[] ping) {
    if (!socket.isWritable()) {
      late = ping;
      return;
    }
    if (buffer == null) {
      buffer = socket.alloc().ioBuffer(BUFFER);
    }
    FrameEncoder.frame(buffer, Opcode.PONG, ping, keys.next());
  }

  /** Writes the answers that wait, if the socket takes them. */
  void flush() {
    if (late != null && socket.isWritable()) {
      byte[] ping = late;
      late = null;
      answer(ping);
    }
    if (buffer != null) {
      ByteBuf out = buffer;
      buffer = null;
      // Not the void promise: it would report a peer that takes nothing any more as the pipeline's
      // failure, and end the channel before what that peer had sent was read.
      socket.writeAndFlush(out);
    }
  }

  void abandon() {
    late = null;
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }
}
