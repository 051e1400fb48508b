package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Channel;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.Opcode;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeartbeatTest extends TransportFixture {

  private static NettyTransportBuilder pinging(int intervalMillis, int timeoutMillis) {
    return NettyTransport.builder()
        .pingInterval(Duration.ofMillis(intervalMillis))
        .pongTimeout(Duration.ofMillis(timeoutMillis));
  }

  private static Peer.Received readPing(Peer peer) throws Exception {
    Peer.Received ping = peer.readFrame();
    assertThat(ping.opcode()).isEqualTo(Opcode.PING);
    return ping;
  }

  @Test
  void aPeerThatAnswersNothingIsLost() throws Exception {
    use(pinging(50, 50));
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      channel.send(Frames.utf8("ack"));
      Lost lost = lossOf(channel);
      assertThat(lost.closeCode()).isEqualTo(1006);
      assertThat(lost).hasMessageContaining("nothing has arrived for 50 ms after a ping");
      channel.close(PATIENCE);
    }
  }

  /**
   * While the inbox is full, nothing is read, and pongs wait in the socket far longer than the
   * timeout. Ten pings that get to the server show that more than ten intervals, and so timeouts,
   * have passed.
   */
  @Test
  void aPauseOfOurOwnIsNoReasonToCallThePeerLost() throws Exception {
    use(pinging(50, 50).inboxLimits(2, 1 << 20));
    CountDownLatch pings = new CountDownLatch(10);
    CountDownLatch more = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          for (int i = 0; i < 50; i++) {
            peer.send(Frames.text("event " + i));
          }
          while (pings.getCount() > 0) {
            Peer.Received ping = readPing(peer);
            peer.send(Frames.pong(ping.payload()));
            pings.countDown();
          }
          peer.send(Frames.text("last"));
          more.countDown();
          while (true) {
            Peer.Received frame = peer.readFrame();
            if (frame == null || frame.opcode() == Opcode.CLOSE) {
              return;
            }
            peer.send(Frames.pong(frame.payload()));
          }
        })) {
      Channel channel = open(server);
      assertThat(pings.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(more.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 50; i++) {
        assertThat(next(channel)).isEqualTo("text event " + i);
      }
      assertThat(next(channel)).isEqualTo("text last");
      channel.close(PATIENCE);
    }
  }

  @Test
  void afterAPauseAPeerThatIsGoneIsFoundOut() throws Exception {
    use(pinging(50, 50).inboxLimits(2, 1 << 20));
    CountDownLatch pings = new CountDownLatch(5);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          for (int i = 0; i < 10; i++) {
            peer.send(Frames.text("event " + i));
          }
          while (pings.getCount() > 0) {
            readPing(peer);
            pings.countDown();
          }
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      assertThat(pings.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(untilLost(channel)).hasSize(11).last().isEqualTo("lost 1006");
    }
  }

  /** It sends without end, but what we have to say to it piles up. */
  @Test
  void aPeerThatTakesNothingIsLostEvenIfItSends() throws Exception {
    use(pinging(50, 200));
    CountDownLatch lost = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.startWithSmallBuffer(peer -> {
          peer.upgrade();
          while (lost.getCount() > 0) {
            peer.send(Frames.text("event"));
            lost.await(5, TimeUnit.MILLISECONDS);
          }
        })) {
      Channel channel = open(server);
      byte[] large = new byte[1_000_000];
      for (int i = 0; i < 100; i++) {
        channel.send(large);
      }
      Lost loss = lossOf(channel);
      lost.countDown();
      assertThat(loss).hasMessageContaining("the peer has read nothing for 200 ms");
      assertThat(channel.unsent()).isPositive();
      channel.close(PATIENCE);
    }
  }
}
