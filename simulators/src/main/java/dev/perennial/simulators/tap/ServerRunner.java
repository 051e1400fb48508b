package dev.perennial.simulators.tap;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops the server's process on one port and one thread, and lets other threads run
 * tasks on that thread.
 */
final class ServerRunner {

  private static final int REBINDS = 500;
  private static final int REBIND_MILLIS = 10;

  private final DurableState state;
  private final EventLoopGroup group;
  private final EventLoop loop;

  // Guarded by this object.
  private int port;
  private @Nullable Channel server;
  private boolean boundBefore;
  private boolean closed;

  /** Used on the loop only. */
  private @Nullable ServerProcess process;

  /** Netty 4.2 deprecates the group; what replaces it is not in Netty 4.1. */
  @SuppressWarnings("deprecation")
  ServerRunner(DurableState state, int port) {
    this.state = state;
    this.port = port;
    this.group = new NioEventLoopGroup(1, new DefaultThreadFactory("tap-simulator", true));
    this.loop = group.next();
  }

  /** The running server's process; null while it is stopped. Called on the simulator's thread. */
  @Nullable ServerProcess process() {
    return process;
  }

  synchronized int port() {
    return port;
  }

  synchronized void start() {
    if (closed) {
      throw new IllegalStateException("The simulator is closed; build another.");
    }
    if (server != null) {
      return;
    }
    ServerProcess started =
        call(() -> {
          process = new ServerProcess(state, loop);
          return process;
        });
    ChannelFuture bound = bind(started);
    if (!bound.isSuccess()) {
      end(started, false);
      throw new IllegalStateException(
          "The simulator cannot listen on port " + port + ".", bound.cause());
    }
    server = bound.channel();
    port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
    boundBefore = true;
  }

  synchronized void stop(boolean reset) {
    Channel listening = server;
    if (listening == null) {
      return;
    }
    server = null;
    listening.close().awaitUninterruptibly();
    ServerProcess running = call(() -> process);
    if (running != null) {
      end(running, reset);
    }
  }

  synchronized void close() {
    stop(false);
    if (!closed) {
      closed = true;
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  /** Runs a task on the simulator's thread and waits for its result. */
  <T extends @Nullable Object> T call(Callable<T> task) {
    Future<T> outcome = loop.submit(task).awaitUninterruptibly();
    Throwable failure = outcome.cause();
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure != null) {
      throw new IllegalStateException(failure);
    }
    return outcome.getNow();
  }

  /** Runs a task on the simulator's thread and waits until it is done. */
  void run(Runnable task) {
    call(() -> {
      task.run();
      return null;
    });
  }

  /**
   * Listens on the port. After a restart our old socket can hold the port a little longer, until
   * the selector has noticed that it was closed, so that binding is retried.
   */
  private ChannelFuture bind(ServerProcess started) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    started.opened(channel);
                    HttpRequestHandler.install(channel.pipeline(), started);
                  }
                });
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    for (int retry = 0; retry < REBINDS && boundBefore && !bound.isSuccess(); retry++) {
      loop.schedule(() -> {}, REBIND_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly();
      bound = bootstrap.bind(address).awaitUninterruptibly();
    }
    return bound;
  }

  private void end(ServerProcess running, boolean reset) {
    List<ChannelFuture> closing =
        call(() -> {
          process = null;
          return running.stop(reset);
        });
    closing.forEach(ChannelFuture::awaitUninterruptibly);
  }
}
