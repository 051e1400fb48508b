package dev.perennial.benchmarks.tap;

import io.netty.channel.ChannelHandlerContext;
import java.net.URI;
import java.util.concurrent.CompletableFuture;

/**
 * Notes when each event arrived, and acks it at once, in Netty's event loop. Shows what the server,
 * the network and the machine take of a latency.
 */
final class LatencyControlHandler extends FrameHandler {

  private static final int ID_AT = "{\"id\":".length();

  private final Acks acks = new Acks();
  private final long[] times;
  private final int events;
  private int received;

  /**
   * @param times set to when each event arrived, and then, the same again, when each was acked
   */
  LatencyControlHandler(URI uri, long[] times, CompletableFuture<Long> done) {
    super(uri, done);
    this.times = times;
    this.events = times.length / 2;
  }

  @Override
  public void message(byte[] bytes, int offset, int length) {
    times[received] = System.nanoTime();
    times[events + received] = times[received];
    received++;
    long id = 0;
    for (int i = offset + ID_AT; bytes[i] != ','; i++) {
      id = id * 10 + bytes[i] - '0';
    }
    acks.add(id);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(acks.take(ctx))
        .addListener(written -> {
          if (received == events) {
            done.complete(0L);
          }
        });
  }
}
