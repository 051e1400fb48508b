package dev.perennial.benchmarks.tap;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The process of the server. Says its port, and then does what the lines of its input say: {@code
 * send EVENTS ACKS} prepares the events of the next connection, and {@code result} waits until they
 * are acked and says how that went.
 */
final class TapServerProcess {

  /** An ack that takes longer is lost. */
  private static final long PATIENCE_SECONDS = 20;

  private TapServerProcess() {}

  /** Runs it, until its input ends. */
  public static void main(String[] args) throws Exception {
    TapEvents events = new TapEvents();
    AtomicReference<@Nullable Sending> next = new AtomicReference<>();
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    Channel server =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(256 * 1024, 512 * 1024))
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    Sending sending = next.getAndSet(null);
                    if (sending == null) {
                      channel.close();
                    } else {
                      channel.pipeline().addLast(new TapServerHandler(events, sending));
                    }
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    System.out.println(((InetSocketAddress) server.localAddress()).getPort());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    long first = TapEvents.FIRST_ID;
    Sending sending = new Sending(first, 0, Sending.Acks.EACH);
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] word = line.split(" ", -1);
      if (word[0].equals("send")) {
        sending = new Sending(first, Integer.parseInt(word[1]), Sending.Acks.valueOf(word[2]));
        first += sending.count();
        next.set(sending);
        System.out.println("ready");
      } else {
        sending.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        System.out.println(sending.outcome(events).text());
      }
    }
    System.exit(0);
  }
}
