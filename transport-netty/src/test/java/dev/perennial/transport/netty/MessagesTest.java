package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Channel;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.Opcode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MessagesTest extends TransportFixture {

  @Test
  void messagesGoBothWays() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          Peer.Received got = peer.readMessage();
          peer.send(Frames.text("echo " + got.text()), Frames.binary(Frames.bytes(1, 2)));
          assertThat(peer.awaitClose()).isEqualTo(1000);
        })) {
      Channel channel = open(server);
      channel.send(Frames.utf8("hällo"));
      assertThat(next(channel)).isEqualTo("text echo hällo");
      assertThat(next(channel)).isEqualTo("binary 0102");
      channel.close(PATIENCE);
      assertThat(channel.unsent()).isZero();
    }
  }

  @Test
  void whatArrivesWithTheAnswerToTheHandshakeIsNotLost() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          Peer.Request request = peer.readRequest();
          byte[] half = Frames.text("half");
          peer.send(
              Peer.agreement(request),
              Frames.text("one"),
              Frames.text("two"),
              new byte[] {half[0], half[1], half[2]});
          peer.send(new byte[] {half[3], half[4], half[5]});
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      assertThat(next(channel)).isEqualTo("text one");
      assertThat(next(channel)).isEqualTo("text two");
      assertThat(next(channel)).isEqualTo("text half");
      channel.close(PATIENCE);
    }
  }

  @Test
  void aMessageWithTheAnswerIsNotLostEvenIfTheConnectionEndsAtOnce() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          Peer.Request request = peer.readRequest();
          peer.send(Peer.agreement(request), Frames.text("one"), Frames.close(1001, "bye"));
          peer.awaitEnd();
        })) {
      assertThat(untilLost(open(server))).containsExactly("text one", "lost 1001");
    }
  }

  @Test
  void aFragmentedMessageWithPingsInBetweenIsOneMessageAndEachPingIsAnswered() throws Exception {
    CompletableFuture<String> answers = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(
              Frames.first(Opcode.TEXT, Frames.utf8("frag")),
              Frames.ping(Frames.utf8("a")),
              Frames.middle(Frames.utf8("men")),
              Frames.ping(Frames.utf8("b")),
              Frames.last(Frames.utf8("ted")));
          answers.complete(pong(peer.readFrame()) + pong(peer.readFrame()));
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      assertThat(next(channel)).isEqualTo("text fragmented");
      assertThat(answers.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo("ab");
      channel.close(PATIENCE);
    }
  }

  private static String pong(Peer.Received frame) {
    assertThat(frame.opcode()).isEqualTo(Opcode.PONG);
    return frame.text();
  }

  @Test
  void aMessageOverTheLimitIsReportedAndTheChannelLivesOn() throws Exception {
    use(NettyTransport.builder().maxMessageSize(10_000));
    byte[] large = Frames.repeat('x', 3_000_000);
    byte[] fits = Frames.repeat('y', 10_000);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(Frames.text(large), Frames.text(fits));
          peer.send(Frames.fragments(Opcode.BINARY, large, 9_000), Frames.text("after"));
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      String head = "x".repeat(4096);
      assertThat(next(channel)).isEqualTo("too large 3000000 4096#" + head.hashCode());
      assertThat(next(channel)).startsWith("text 10000#");
      assertThat(next(channel)).startsWith("too large 3000000 4096#");
      assertThat(next(channel)).isEqualTo("text after");
      channel.close(PATIENCE);
    }
  }

  @Test
  void receiveWithZeroReturnsAtOnceAndWakeUpEndsAWait() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      assertThat(channel.receive(Duration.ZERO)).isNull();
      CompletableFuture<Object> waiting =
          CompletableFuture.supplyAsync(() -> {
            try {
              return String.valueOf(channel.receive(Duration.ofHours(1)));
            } catch (Exception e) {
              return e;
            }
          });
      channel.wakeUp();
      assertThat(waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo("null");
      channel.close(PATIENCE);
    }
  }
}
