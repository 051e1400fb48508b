package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Channel;
import dev.perennial.port.Message;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.transport.netty.internal.frame.Decoding;
import io.netty.util.LeakPresenceDetector;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Fixture of the tests of whole channels, which checks that no thread and no buffer is left. */
abstract class TransportFixture {

  static final Duration PATIENCE = Duration.ofSeconds(20);

  NettyTransport transport = NettyTransport.create();

  @BeforeEach
  void forgetOlderBuffers() {
    try {
      LeakPresenceDetector.check();
    } catch (IllegalStateException e) {
      // Another class's; that one is to blame for them.
    }
  }

  @AfterEach
  void nothingIsLeft() {
    transport.close();
    awaitNoEventLoop();
    LeakPresenceDetector.check();
  }

  void use(NettyTransportBuilder builder) {
    transport.close();
    transport = builder.build();
  }

  /** An event loop that has ended may have a last instruction to go. */
  static void awaitNoEventLoop() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(eventLoopThreads()).isEmpty());
  }

  static List<String> eventLoopThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> name.startsWith("perennial-netty"))
        .toList();
  }

  Channel open(ScriptedServer server) throws Exception {
    return open(server.uri());
  }

  Channel open(URI uri) throws Exception {
    return transport.open(uri, Map.of(), PATIENCE);
  }

  /** The next message, in words. */
  static String next(Channel channel) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      Message message = channel.receive(PATIENCE);
      if (message != null) {
        return Decoding.describe(message);
      }
    }
    throw new AssertionError("no message came");
  }

  /** All messages until the channel is lost, in words, and how it was lost: "lost 1006". */
  static List<String> untilLost(Channel channel) throws Exception {
    List<String> seen = new ArrayList<>();
    try {
      while (true) {
        seen.add(next(channel));
      }
    } catch (Lost lost) {
      seen.add("lost " + lost.closeCode());
    }
    return seen;
  }

  static Lost lossOf(Channel channel) throws Exception {
    try {
      while (true) {
        next(channel);
      }
    } catch (TransportException e) {
      return (Lost) e;
    }
  }
}
