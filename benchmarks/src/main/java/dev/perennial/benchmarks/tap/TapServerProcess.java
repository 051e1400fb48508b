package dev.perennial.benchmarks.tap;

import dev.perennial.benchmarks.measure.ChildProcess;
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
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The process of the server. Says its port, and then does what the lines of its input say:
 *
 * <ul>
 *   <li>{@code send CONNECTIONS EVENTS ACKS NANOS}: prepares so many events for each of the next
 *       connections, to be sent with a pause between them, or at once if that is 0
 *   <li>{@code result}: waits for the last ack on the last of them, and says how that one went
 *   <li>{@code times}: says {@link Sending#times} of each
 * </ul>
 */
final class TapServerProcess {

  /** An ack that takes longer is lost. */
  private static final long PATIENCE_SECONDS = 20;

  private TapServerProcess() {}

  /** Runs it, until its input ends. */
  public static void main(String[] args) throws Exception {
    PrintStream answers = ChildProcess.answers();
    TapEvents events = new TapEvents();
    Queue<Sending> next = new ConcurrentLinkedQueue<>();
    // There is one event loop, so its connections can share it.
    byte[] chunk = new byte[TapServerHandler.CHUNK];
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
                    Sending sending = next.poll();
                    if (sending == null) {
                      channel.close();
                    } else {
                      channel.pipeline().addLast(new TapServerHandler(events, sending, chunk));
                    }
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    answers.println(((InetSocketAddress) server.localAddress()).getPort());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    long first = TapEvents.FIRST_ID;
    List<Sending> sendings = new ArrayList<>();
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] word = line.split(" ", -1);
      switch (word[0]) {
        case "send" -> {
          next.clear();
          sendings.clear();
          for (int i = Integer.parseInt(word[1]); i > 0; i--) {
            Sending sending =
                new Sending(
                    first,
                    Integer.parseInt(word[2]),
                    Sending.Acks.valueOf(word[3]),
                    Long.parseLong(word[4]));
            first += sending.count();
            sendings.add(sending);
          }
          next.addAll(sendings);
          answers.println("ready");
        }
        case "result" -> answers.println(finished(sendings).outcome(events).text());
        default -> {
          finished(sendings);
          answers.println(
              sendings.stream()
                  .flatMapToLong(Sending::times)
                  .mapToObj(Long::toString)
                  .collect(Collectors.joining(" ")));
        }
      }
    }
    System.exit(0);
  }

  /** Waits until the last sending is acked, or for as long as the server has patience. */
  private static Sending finished(List<Sending> sendings) throws InterruptedException {
    Sending last = sendings.get(sendings.size() - 1);
    last.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return last;
  }
}
