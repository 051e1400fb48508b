package dev.perennial.benchmarks.tap;

import io.netty.channel.ChannelHandlerContext;
import java.net.URI;
import java.util.concurrent.CompletableFuture;

/** Counts frames, and acks the last one. Shows what the server and the network could give. */
final class ReceiveOnlyHandler extends FrameHandler {

  private static final int ID_AT = "{\"id\":".length();

  private final Acks acks = new Acks();
  private final int events;
  private int received;
  private long lastId;

  ReceiveOnlyHandler(URI uri, int events, CompletableFuture<Long> done) {
    super(uri, done);
    this.events = events;
  }

  @Override
  public void message(byte[] bytes, int offset, int length) {
    if (++received == events) {
      for (int i = offset + ID_AT; bytes[i] != ','; i++) {
        lastId = lastId * 10 + bytes[i] - '0';
      }
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (received == events) {
      acks.add(lastId);
      ctx.writeAndFlush(acks.take(ctx)).addListener(written -> done.complete(0L));
    }
  }
}
