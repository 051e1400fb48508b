package dev.perennial.compat;

import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.port.Channel;
import dev.perennial.port.Transport;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.tap.TapSource;
import dev.perennial.transport.netty.NettyTransport;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** Prints what it says to make each part that needs a library. Connects to nothing. */
public final class Probe {

  private Probe() {}

  /** Makes one part after the other. */
  public static void main(String[] arguments) {
    print(() -> NettyTransport.create());
    print(() -> TapSource.builder(new NoTransport()));
    print(() -> MongoSource.builder("mongodb://localhost"));
    print(() -> RedisCheckpointStore.at("redis://localhost"));
  }

  private static void print(Runnable part) {
    try {
      part.run();
      System.out.println("made");
    } catch (Throwable e) {
      System.out.println(e);
    }
  }

  /** Never used: a transport of Netty would be the first to refuse. */
  private static final class NoTransport implements Transport {

    @Override
    public Channel open(URI uri, Map<String, String> headers, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
