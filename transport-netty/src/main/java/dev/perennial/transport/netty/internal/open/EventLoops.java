package dev.perennial.transport.netty.internal.open;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** A factory of event loops for NIO that uses only classes of both Netty 4.1 and 4.2. */
public final class EventLoops {

  private EventLoops() {}

  /**
   * Creates a group of one event loop on a daemon thread, which starts with the first task. Netty
   * 4.2 deprecates this class but still has it; Netty 4.1 does not have its replacement.
   *
   * @param threads the prefix of the thread's name
   */
  @SuppressWarnings("deprecation")
  public static EventLoopGroup create(String threads) {
    return new NioEventLoopGroup(1, new DefaultThreadFactory(threads, true));
  }

  /** Returns whether a group can run NIO sockets. */
  public static boolean areForNio(EventLoopGroup group) {
    Probe probe = new Probe();
    try {
      return probe.isFor(group.next());
    } finally {
      probe.unsafe().closeForcibly();
    }
  }

  /** A socket that is never connected: only a channel knows which event loops it can run on. */
  private static final class Probe extends NioSocketChannel {

    boolean isFor(EventLoop loop) {
      return isCompatible(loop);
    }
  }
}
