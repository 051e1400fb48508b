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
import java.util.concurrent.locks.LockSupport;

/**
 * One connection of the server. Writes as long as the socket takes it, and reads acks, both by
 * hand, so that the client is what takes the time.
 */
final class TapServerHandler extends ChannelInboundHandlerAdapter implements Frames.Sink {

  static final int CHUNK = 1 << 16;

  /** A thread that parks wakes up late by less than this. */
  private static final long SPIN_NANOS = 200_000;

  /** After so many chunks the acks have a turn. */
  private static final int CHUNKS_IN_TURN = 8;

  private static final byte[] ACK = "{\"type\":\"ack\",\"id\":".getBytes(StandardCharsets.US_ASCII);
  private static final String KEY = "sec-websocket-key: ";
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final TapEvents events;
  private final Sending sending;
  private final Frames frames = new Frames(this);
  private final byte[] chunk;
  private ChannelHandlerContext context;
  private long next;
  private boolean scheduled;

  @SuppressWarnings("NullAway.Init") // the context, when the handler is added
  TapServerHandler(TapEvents events, Sending sending, byte[] chunk) {
    this.events = events;
    this.chunk = chunk;
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
    if (sending.pauseNanos() == 0) {
      write();
    } else {
      new Thread(this::pace, "pace").start();
    }
  }

  /** Sends each event at its time. Timers of an event loop are too coarse for that. */
  private void pace() {
    for (long number = sending.first(); number < sending.first() + sending.count(); number++) {
      long due = sending.dueAt(number);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        if (left > SPIN_NANOS) {
          LockSupport.parkNanos(left - SPIN_NANOS);
        } else {
          Thread.onSpinWait();
        }
      }
      long end = number + 1;
      context.executor().execute(() -> writeUntil(end));
    }
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
    if (sending.ack(id)) {
      context.close();
    }
  }

  @Override
  public void ping(byte[] bytes, int offset, int length) {
    ByteBuf pong = context.alloc().directBuffer(2 + length);
    pong.writeByte(Frames.FIN_PONG).writeByte(length).writeBytes(bytes, offset, length);
    context.writeAndFlush(pong);
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
    if (!scheduled && sending.pauseNanos() == 0 && next < sending.first() + sending.count()) {
      scheduled = true;
      context.executor().execute(this::write);
    }
  }

  private void write() {
    scheduled = false;
    writeUntil(sending.first() + sending.count());
    if (context.channel().isWritable()) {
      schedule();
    }
  }

  private void writeUntil(long end) {
    for (int i = 0; i < CHUNKS_IN_TURN && next < end && context.channel().isWritable(); i++) {
      int length = 0;
      long first = next;
      while (next < end && length + TapEvents.longest() <= CHUNK) {
        length = events.write(next++, chunk, length);
      }
      sending.write(first, next);
      context.write(context.alloc().directBuffer(length).writeBytes(chunk, 0, length));
    }
    context.flush();
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
