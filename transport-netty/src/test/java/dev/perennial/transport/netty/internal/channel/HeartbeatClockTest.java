package dev.perennial.transport.netty.internal.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Message;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.port.support.Inbox;
import dev.perennial.transport.netty.internal.frame.Decoding;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.MaskKeyGenerator;
import dev.perennial.transport.netty.internal.frame.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a peer counts as lost, on an event loop whose clock goes when the test says so. */
class HeartbeatClockTest {

  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Duration TIMEOUT = Duration.ofSeconds(25);

  private final EmbeddedChannel socket = new EmbeddedChannel();
  private final StreamRuntime runtime = StreamRuntime.system();
  private final Inbox<Message, TransportException> inbox =
      new Inbox<>(1000, 1 << 20, message -> 1, () -> {}, runtime);

  private OutboundQueue outbound;

  @BeforeEach
  void start() {
    AbortHandler aborter = new AbortHandler();
    MaskKeyGenerator keys = new MaskKeyGenerator();
    outbound = new OutboundQueue(socket, keys, runtime);
    ChannelSettings settings = new ChannelSettings(1000, INTERVAL, TIMEOUT, 1000, 1 << 20, runtime);
    socket.freezeTime();
    socket.pipeline().addLast(aborter);
    socket
        .pipeline()
        .addLast(new WebSocketHandler(socket, aborter, settings, inbox, outbound, keys));
  }

  @AfterEach
  void release() {
    socket.finishAndReleaseAll();
  }

  private void pass(Duration time) {
    socket.advanceTimeBy(time.toMillis(), TimeUnit.MILLISECONDS);
    socket.runPendingTasks();
  }

  /** Pings sent since the last look. */
  private int pings() {
    int pings = 0;
    for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
      assertThat(out.getUnsignedByte(0)).isEqualTo((short) (Frames.FIN | Opcode.PING));
      pings++;
      out.release();
    }
    return pings;
  }

  /** The payload of the next ping, after one interval. */
  private byte[] nextPing() {
    // What was sent is written first, a moment later.
    socket.runPendingTasks();
    pass(Duration.ofMillis(2));
    pass(INTERVAL);
    byte[] payload = new byte[0];
    for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
      if (out.getUnsignedByte(0) == (Frames.FIN | Opcode.PING)) {
        payload = new byte[out.getUnsignedByte(1) & 0x7F];
        for (int i = 0; i < payload.length; i++) {
          payload[i] = (byte) (out.getByte(6 + i) ^ out.getByte(2 + i % 4));
        }
      }
      out.release();
    }
    return payload;
  }

  @Test
  void anAnswerToAPingConfirmsTheMessagesBeforeIt() {
    outbound.send(Frames.utf8("one"));
    outbound.send(Frames.utf8("two"));
    byte[] first = nextPing();
    outbound.send(Frames.utf8("three"));
    byte[] second = nextPing();
    assertThat(outbound.confirmed()).isZero();

    arrives(Frames.pong(first));
    assertThat(outbound.confirmed()).isEqualTo(2);
    arrives(Frames.pong(second));
    assertThat(outbound.confirmed()).isEqualTo(3);
    arrives(Frames.pong(first));
    assertThat(outbound.confirmed()).isEqualTo(3);
  }

  @Test
  void aPongThatNobodyAskedForConfirmsNothing() {
    outbound.send(Frames.utf8("one"));
    nextPing();
    for (byte[] payload :
        new byte[][] {{}, {1}, {0, 0, 0, 0, 0, 0, 0, 2}, {-1, -1, -1, -1, -1, -1, -1, -1}}) {
      arrives(Frames.pong(payload));
      assertThat(outbound.confirmed()).isZero();
    }
  }

  private void arrives(byte[] frame) {
    socket.writeInbound(Unpooled.wrappedBuffer(frame));
  }

  @Test
  void aPeerThatSendsNothingIsLostOneTimeoutAfterThePing() {
    pass(INTERVAL);
    assertThat(pings()).isEqualTo(1);
    pass(TIMEOUT.minusMillis(1));
    assertThat(socket.isOpen()).isTrue();
    pass(Duration.ofMillis(1));
    // What waits in the socket may still be read.
    assertThat(socket.isOpen()).isTrue();
    pass(Duration.ofMillis(1));
    assertThat(socket.isOpen()).isFalse();
    assertThatThrownBy(() -> inbox.poll(Duration.ZERO))
        .isInstanceOf(Lost.class)
        .hasMessageContaining("nothing has arrived for 25 s after a ping");
  }

  @Test
  void aPeerThatOnlyAnswersPingsStays() throws Exception {
    // Forty timeouts.
    for (int i = 0; i < 100; i++) {
      pass(INTERVAL);
      assertThat(pings()).isEqualTo(1);
      arrives(Frames.pong(new byte[0]));
    }
    assertThat(socket.isOpen()).isTrue();
    assertThat(inbox.poll(Duration.ZERO)).isNull();
  }

  /** Pongs may wait behind data for longer than any timeout, so data count as well. */
  @Test
  void aPeerThatSendsButDoesNotAnswerPingsStays() throws Exception {
    for (int i = 0; i < 100; i++) {
      pass(INTERVAL);
      assertThat(pings()).isEqualTo(1);
      arrives(Frames.text("event " + i));
      Message event = inbox.poll(Duration.ZERO);
      assertThat(event).isNotNull();
      assertThat(Decoding.describe(event)).isEqualTo("text event " + i);
    }
    assertThat(socket.isOpen()).isTrue();
  }

  /** A part of a long message is a sign of life, too. */
  @Test
  void aPeerThatIsStillSendingOneMessageStays() {
    byte[] frame = Frames.text(Frames.repeat('x', 500));
    for (byte one : frame) {
      pass(INTERVAL);
      arrives(new byte[] {one});
    }
    assertThat(socket.isOpen()).isTrue();
    pings();
  }

  @Test
  void aPeerThatFallsSilentLaterIsLostThen() {
    pass(INTERVAL);
    arrives(Frames.pong(new byte[0]));
    pass(TIMEOUT);
    assertThat(socket.isOpen()).isTrue();
    pass(INTERVAL);
    pass(TIMEOUT);
    pass(Duration.ofMillis(1));
    assertThat(socket.isOpen()).isFalse();
    pings();
  }
}
