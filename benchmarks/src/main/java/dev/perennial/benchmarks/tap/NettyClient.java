package dev.perennial.benchmarks.tap;

import dev.perennial.benchmarks.measure.Client;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A client that is a handler in an event loop of Netty, and nothing else. */
final class NettyClient implements Client {

  /** One connection of a client. */
  interface Connection {

    /** Returns the handlers of its channel. */
    ChannelHandler[] handlers();
  }

  /** Creates connections. */
  interface Factory {

    /**
     * Creates the handlers of a connection.
     *
     * @param done to be completed with the checksum once all acks are written
     */
    Connection create(URI uri, int events, CompletableFuture<Long> done);
  }

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final URI uri;
  private final Factory factory;

  NettyClient(String server, Factory factory) {
    this.uri = URI.create("ws://" + server + "/channel");
    this.factory = factory;
  }

  @Override
  public long read(int events) throws Exception {
    CompletableFuture<Long> done = new CompletableFuture<>();
    Connection connection = factory.create(uri, events, done);
    Channel channel =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel made) {
                    made.pipeline().addLast(connection.handlers());
                  }
                })
            .connect(uri.getHost(), uri.getPort())
            .sync()
            .channel();
    channel
        .closeFuture()
        .addListener(closed ->
            done.completeExceptionally(new IllegalStateException("the connection was closed")));
    long checksum = done.get();
    channel.close().sync();
    return checksum;
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
