package dev.perennial.benchmarks.tap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;

/**
 * One connection of the server. Writes as long as the socket takes it, and reads acks, both by
 * hand, so that the client is what takes the time.
 */
final class TapServerHandler extends ChannelInboundHandlerAdapter implements Frames.Sink {

  private static final int CHUNK = 1 << 16;

  /** After so many chunks the acks have a turn. */
  private static final int CHUNKS_IN_TURN = 8;

  private static final byte[] ACK = "{\"type\":\"ack\",\"id\":".getBytes(StandardCharsets.US_ASCII);
  private static final String KEY = "sec-websocket-key: ";
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final TapEvents events;
  private final Sending sending;
  private final Frames frames = new Frames(this);
  private final byte[] chunk = new byte[CHUNK];
  private ChannelHandlerContext context;
  private long next;
  private boolean scheduled;

  @SuppressWarnings("NullAway.Init") // the context, when the handler is added
  TapServerHandler(TapEvents events, Sending sending) {
    this.events = events;
    this.sending = sending;
    this.next = sending.first();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
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
  public void header(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    int from = lower.indexOf(KEY) + KEY.length();
    String key = text.substring(from, text.indexOf('\r', from)).trim();
    String answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + accept(key)
            + "\r\n\r\n";
    context.writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII));
    sending.begin();
    write();
  }

  private static String accept(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void message(byte[] bytes, int offset, int length) {
    for (int i = 0; i < ACK.length; i++) {
      if (bytes[offset + i] != ACK[i]) {
        throw new IllegalStateException(
            "No ack: " + new String(bytes, offset, length, StandardCharsets.UTF_8));
      }
    }
    long id = 0;
    for (int i = offset + ACK.length; bytes[i] != '}'; i++) {
      id = id * 10 + bytes[i] - '0';
    }
    sending.ack(id);
  }

  @Override
  public void closed() {
    ByteBuf close = Unpooled.wrappedBuffer(new byte[] {(byte) Frames.FIN_CLOSE, 2, 3, (byte) 0xe8});
    context.writeAndFlush(close).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    schedule();
  }

  private void schedule() {
    if (!scheduled && next < sending.first() + sending.count()) {
      scheduled = true;
      context.executor().execute(this::write);
    }
  }

  private void write() {
    scheduled = false;
    long end = sending.first() + sending.count();
    for (int i = 0; i < CHUNKS_IN_TURN && next < end && context.channel().isWritable(); i++) {
      int length = 0;
      while (next < end && length + TapEvents.longest() <= CHUNK) {
        length = events.write(next++, chunk, length);
      }
      context.write(context.alloc().directBuffer(length).writeBytes(chunk, 0, length));
    }
    context.flush();
    if (context.channel().isWritable()) {
      schedule();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    sending.end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    System.err.println("server: " + cause);
    ctx.close();
  }
}
