package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Channel;
import dev.perennial.transport.netty.internal.frame.Decoding;
import dev.perennial.transport.netty.internal.frame.Frames;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class BackpressureTest extends TransportFixture {

  private static final int SIZE = 10_000;
  private static final int MESSAGES = 10_000;

  /** More than the inbox and any socket's buffers hold, much less than all that is sent. */
  private static final long BOUND = 40_000_000;

  @Test
  void aSlowConsumerPausesThePeerAndLosesNothing() throws Exception {
    use(NettyTransport.builder().inboxLimits(100, 1 << 20));
    AtomicLong written = new AtomicLong();
    try (ScriptedServer server = ScriptedServer.start(peer -> sendAll(peer, written))) {
      Channel channel = open(server);
      awaitStandstill(written);
      assertThat(written.get()).isLessThan(BOUND);
      for (int i = 0; i < MESSAGES; i++) {
        assertThat(next(channel)).isEqualTo(Decoding.describe(message(i)));
      }
      channel.close(PATIENCE);
    }
  }

  @Test
  void aPausedChannelSendsAndClosesPromptly() throws Exception {
    use(NettyTransport.builder().inboxLimits(100, 1 << 20));
    AtomicLong written = new AtomicLong();
    CountDownLatch acked = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          Thread reader =
              new Thread(() -> {
                try {
                  if (peer.readMessage() != null) {
                    acked.countDown();
                  }
                  peer.awaitEnd();
                } catch (java.io.IOException e) {
                  // The end.
                }
              });
          reader.start();
          try {
            write(peer, written);
          } finally {
            reader.join();
          }
        })) {
      Channel channel = open(server);
      awaitStandstill(written);
      channel.send(Frames.utf8("ack"));
      assertThat(acked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      // The peer never sends a close frame; what it still sends is read and discarded.
      channel.close(Duration.ofMillis(100));
      assertThat(channel.unsent()).isZero();
    }
  }

  /**
   * Nobody takes our answers to its pings any more, which must not cost what it had sent before it
   * left. All of it fits the window that a socket begins with, so that it has arrived.
   */
  @Test
  void aPeerThatIsGoneWhenWeAnswerItsPingsLosesNothing() throws Exception {
    use(NettyTransport.builder().inboxLimits(10, 1 << 20));
    int messages = 500;
    CountDownLatch gone = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          for (int i = 0; i < messages; i++) {
            all.writeBytes(Frames.text(i + " " + "x".repeat(90)));
            if (i % 10 == 0) {
              all.writeBytes(Frames.ping(Frames.utf8("" + i)));
            }
          }
          peer.send(all.toByteArray());
          peer.socket().close();
          gone.countDown();
        })) {
      Channel channel = open(server);
      assertThat(gone.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < messages; i++) {
        expected.add("text " + i + " " + "x".repeat(90));
      }
      expected.add("lost 1006");
      assertThat(untilLost(channel)).isEqualTo(expected);
    }
  }

  /** The peer sends its close frame only after all its messages, so the channel must read those. */
  @Test
  void closingAPausedChannelReadsOnToThePeersCloseFrame() throws Exception {
    use(NettyTransport.builder().inboxLimits(100, 1 << 20));
    AtomicLong written = new AtomicLong();
    try (ScriptedServer server = ScriptedServer.start(peer -> sendAll(peer, written))) {
      Channel channel = open(server);
      awaitStandstill(written);
      channel.close(PATIENCE);
      assertThat(written.get()).isEqualTo((long) SIZE * MESSAGES);
    }
  }

  private static void sendAll(Peer peer, AtomicLong written) throws Exception {
    peer.upgrade();
    write(peer, written);
    peer.awaitClose();
  }

  private static void write(Peer peer, AtomicLong written) throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      peer.send(Frames.text(((dev.perennial.port.Message.Text) message(i)).utf8()));
      written.addAndGet(SIZE);
    }
  }

  private static dev.perennial.port.Message message(int number) {
    byte[] bytes = Frames.repeat('x', SIZE);
    byte[] head = Frames.utf8(number + " ");
    System.arraycopy(head, 0, bytes, 0, head.length);
    return new dev.perennial.port.Message.Text(bytes);
  }

  /** Until the peer has begun to write and then has not got on for half a second. */
  private static void awaitStandstill(AtomicLong written) {
    AtomicLong before = new AtomicLong(-1);
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> written.get() > 0 && before.getAndSet(written.get()) == written.get());
  }
}
