package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Channel;
import dev.perennial.port.TransportException.Lost;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.Opcode;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClosingTest extends TransportFixture {

  private static final Duration HOUR = Duration.ofHours(1);

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1011, 1012, 4000, 4999})
  void thePeersCloseFrameIsALossWithItsCodeAndReasonAndIsAnswered(int code) throws Exception {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(Frames.text("last"), Frames.close(code, "später"));
          answer.complete(peer.readFrame().closeCode());
        })) {
      Channel channel = open(server);
      assertThat(next(channel)).isEqualTo("text last");
      Lost lost = lossOf(channel);
      assertThat(lost.closeCode()).isEqualTo(code);
      assertThat(lost.closeReason()).isEqualTo("später");
      assertThat(soon(answer)).isEqualTo(code);
      channel.close(PATIENCE);
    }
  }

  @Test
  void aCloseFrameWithoutACodeIs1005() throws Exception {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(Frames.close());
          answer.complete(peer.readFrame().payload().length);
        })) {
      assertThat(untilLost(open(server))).containsExactly("lost 1005");
      assertThat(soon(answer)).isZero();
    }
  }

  @Test
  void anEndWithoutACloseFrameIs1006AfterAllThatArrived() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(
              Frames.text("a"), Frames.text("b"), Frames.first(Opcode.TEXT, Frames.utf8("c")));
        })) {
      Channel channel = open(server);
      assertThat(untilLost(channel)).containsExactly("text a", "text b", "lost 1006");
      // Asked again, it says so again.
      assertThat(untilLost(channel)).containsExactly("lost 1006");
    }
  }

  @Test
  void aResetIs1006() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.readMessage();
          peer.reset();
        })) {
      Channel channel = open(server);
      channel.send(Frames.utf8("go"));
      assertThat(untilLost(channel)).containsExactly("lost 1006");
    }
  }

  @Test
  void garbageIsALossWithOurCodeWhichThePeerIsToldToo() throws Exception {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(Frames.text("fine"), Frames.utf8("HTTP/1.1 500 Oops\r\n\r\n"));
          peer.send(new byte[100_000]);
          answer.complete(peer.readMessage().closeCode());
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      assertThat(next(channel)).isEqualTo("text fine");
      Lost lost = lossOf(channel);
      assertThat(lost.closeCode()).isEqualTo(1002);
      assertThat(lost).hasMessageContaining("reserved bit");
      assertThat(soon(answer)).isEqualTo(1002);
    }
  }

  @Test
  void aTextThatIsNotUtf8IsALossWith1007() throws Exception {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(Frames.text(Frames.bytes('a', 0xFF)));
          answer.complete(peer.readMessage().closeCode());
          peer.awaitEnd();
        })) {
      assertThat(untilLost(open(server))).containsExactly("lost 1007");
      assertThat(soon(answer)).isEqualTo(1007);
    }
  }

  @Test
  void ourCloseFrameIs1000AfterAllThatWasSentAndWaitsForThePeers() throws Exception {
    CompletableFuture<List<String>> seen = new CompletableFuture<>();
    CountDownLatch answered = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          List<String> texts = new ArrayList<>();
          Peer.Received frame = peer.readMessage();
          while (frame.opcode() == Opcode.TEXT) {
            texts.add(frame.text());
            frame = peer.readMessage();
          }
          texts.add("close frame " + frame.closeCode());
          seen.complete(texts);
          answered.countDown();
          peer.send(Frames.text("still underway"), Frames.close(1000, ""));
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      for (int i = 0; i < 5; i++) {
        channel.send(Frames.utf8("m" + i));
      }
      channel.close(PATIENCE);
      assertThat(answered.getCount()).isZero();
      assertThat(channel.unsent()).isZero();
      assertThat(soon(seen)).containsExactly("m0", "m1", "m2", "m3", "m4", "close frame 1000");
    }
  }

  @Test
  void aPeerThatSendsNoCloseFrameIsLeftAfterTheTimeout() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.awaitEnd();
          ended.countDown();
        })) {
      Channel channel = open(server);
      channel.close(Duration.ofMillis(100));
      assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void closingWithoutTimeStillSendsWhatTheSocketTakesAtOnce() throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          seen.complete(peer.readMessage().text() + " " + peer.readMessage().closeCode());
        })) {
      Channel channel = open(server);
      channel.send(Frames.utf8("ack"));
      channel.close(Duration.ZERO);
      assertThat(soon(seen)).isEqualTo("ack 1000");
    }
  }

  @Test
  void closingTwiceOrAfterALossReturnsAtOnce() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      channel.close(HOUR);
      channel.close(HOUR);
      assertThat(channel).hasToString("WebSocketChannel[ended]");
    }
    try (ScriptedServer server = ScriptedServer.start(Peer::upgrade)) {
      Channel channel = open(server);
      lossOf(channel);
      channel.close(HOUR);
    }
  }

  @Test
  void closingAfterThePeersCloseFrameDoesNotWaitForItsEnd() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(Frames.close(1001, ""));
          closed.await();
        })) {
      Channel channel = open(server);
      assertThat(lossOf(channel).closeCode()).isEqualTo(1001);
      channel.close(HOUR);
      closed.countDown();
    }
  }

  @Test
  void aPeerThatSendsACloseFrameAndDoesNotEndIsLeftAfterAWhile() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(Frames.close(1001, ""));
          peer.awaitEnd();
          ended.countDown();
        })) {
      assertThat(lossOf(open(server)).closeCode()).isEqualTo(1001);
      assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void closeFramesOfBothSidesAtOnceAreAnEnd() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          go.await();
          peer.send(Frames.close(1000, ""));
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      go.countDown();
      channel.close(HOUR);
    }
  }

  @Test
  void anInterruptEndsTheWaitAndTheSocketIsClosedAllTheSame() throws Exception {
    CountDownLatch closeFrame = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.readMessage();
          closeFrame.countDown();
          peer.awaitEnd();
          ended.countDown();
        })) {
      Channel channel = open(server);
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread closer =
          new Thread(() -> {
            try {
              channel.close(HOUR);
            } catch (Throwable e) {
              thrown.complete(e);
            }
          });
      closer.start();
      assertThat(closeFrame.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      closer.interrupt();
      assertThat(soon(thrown)).isInstanceOf(InterruptedException.class);
      assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void anInterruptedReceiveLeavesTheChannelUsable() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.readMessage();
          peer.send(Frames.text("here"));
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> channel.receive(HOUR)).isInstanceOf(InterruptedException.class);
      assertThat(Thread.interrupted()).isFalse();
      channel.send(Frames.utf8("go"));
      assertThat(next(channel)).isEqualTo("text here");
      channel.close(PATIENCE);
    }
  }

  /**
   * The peer goes away and resets the connection when we write, while much of what it said is not
   * read yet.
   */
  @Test
  void whatArrivedBeforeTheLossIsHandedOutEvenIfWritingFailedLongBefore() throws Exception {
    int messages = 50;
    CountDownLatch go = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          ByteArrayOutputStream all = new ByteArrayOutputStream();
          for (int i = 0; i < messages; i++) {
            all.writeBytes(Frames.text("event " + i));
          }
          // In one piece, so that a client with the first message has read them all.
          peer.send(all.toByteArray());
          go.await();
        })) {
      Channel channel = open(server);
      List<String> seen = new ArrayList<>();
      seen.add(next(channel));
      go.countDown();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> {
            channel.send(Frames.utf8("ack"));
            return channel.unsent() > 10;
          });
      try {
        while (true) {
          seen.add(next(channel));
        }
      } catch (Lost lost) {
        assertThat(lost.closeCode()).isEqualTo(1006);
      }
      assertThat(seen).hasSize(messages).last().isEqualTo("text event 49");
      assertThat(channel.unsent()).isPositive();
    }
  }
}
