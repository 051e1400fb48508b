package dev.perennial.benchmarks.tap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** The client's side of a connection whose frames are read and written by hand. */
abstract class FrameHandler extends ChannelInboundHandlerAdapter
    implements Frames.Sink, NettyClient.Connection {

  private static final byte[] ACK = "{\"type\":\"ack\",\"id\":".getBytes(StandardCharsets.US_ASCII);

  /** No id has more digits. */
  private static final int LONGEST_ID = 20;

  private static final int MASK = 4;
  private static final int HEADER = 2 + MASK;

  private final URI uri;
  private final Frames frames = new Frames(this);
  final CompletableFuture<Long> done;

  FrameHandler(URI uri, CompletableFuture<Long> done) {
    this.uri = uri;
    this.done = done;
  }

  @Override
  public ChannelHandler[] handlers() {
    return new ChannelHandler[] {this};
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    String request =
        "GET "
            + uri.getPath()
            + " HTTP/1.1\r\nHost: "
            + uri.getAuthority()
            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    ctx.writeAndFlush(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
  }

  @Override
  public void header(String text) {
    if (!text.startsWith("HTTP/1.1 101 ")) {
      done.completeExceptionally(new IllegalStateException("Refused: " + text));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    ByteBuf bytes = (ByteBuf) message;
    try {
      frames.read(bytes);
    } finally {
      bytes.release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    done.completeExceptionally(cause);
  }

  /** Acks that wait to be written together. */
  static final class Acks {
    private byte[] bytes = new byte[1 << 16];
    private int length;
    private final byte[] digits = new byte[LONGEST_ID];
    private final SplittableRandom masks = new SplittableRandom();

    void add(long id) {
      int from = LONGEST_ID;
      long rest = id;
      do {
        digits[--from] = (byte) ('0' + rest % 10);
        rest /= 10;
      } while (rest != 0);
      int size = ACK.length + LONGEST_ID - from + 1;
      if (length + HEADER + size > bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * bytes.length);
      }
      bytes[length] = (byte) Frames.FIN_TEXT;
      bytes[length + 1] = (byte) (Frames.MASKED | size);
      int mask = masks.nextInt();
      for (int i = 0; i < MASK; i++) {
        bytes[length + 2 + i] = (byte) (mask >>> (24 - 8 * i));
      }
      length += HEADER;
      int payload = length;
      System.arraycopy(ACK, 0, bytes, length, ACK.length);
      length += ACK.length;
      System.arraycopy(digits, from, bytes, length, LONGEST_ID - from);
      length += LONGEST_ID - from;
      bytes[length++] = '}';
      for (int i = payload; i < length; i++) {
        bytes[i] ^= bytes[payload - MASK + ((i - payload) & 3)];
      }
    }

    /** Takes all of them. */
    ByteBuf take(ChannelHandlerContext context) {
      ByteBuf taken = context.alloc().directBuffer(length).writeBytes(bytes, 0, length);
      length = 0;
      return taken;
    }
  }
}
