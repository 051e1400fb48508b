package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Channel;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.Opcode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class SendingTest extends TransportFixture {

  private static final int THREADS = 4;
  private static final int EACH = 5_000;

  @Test
  void whatSeveralThreadsSendArrivesOnceAndInEachOnesOrder() throws Exception {
    CompletableFuture<List<String>> received = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          List<String> texts = new ArrayList<>();
          Set<Integer> keys = new HashSet<>();
          while (texts.size() < THREADS * EACH) {
            Peer.Received frame = peer.readMessage();
            assertThat(frame.firstByte()).isEqualTo(Frames.FIN | Opcode.TEXT);
            keys.add(frame.key());
            texts.add(frame.text());
          }
          // A fresh key for each: two of 20,000 may agree by chance, many may not.
          assertThat(keys).hasSizeGreaterThan(THREADS * EACH - 10);
          received.complete(texts);
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      List<Thread> senders = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        String name = "t" + t;
        senders.add(
            new Thread(() -> {
              for (int i = 0; i < EACH; i++) {
                channel.send(Frames.utf8(name + " " + i));
              }
            }));
      }
      senders.forEach(Thread::start);
      List<String> texts = received.get(60, TimeUnit.SECONDS);
      Map<String, Integer> next = new HashMap<>();
      for (String text : texts) {
        String[] parts = text.split(" ");
        assertThat(Integer.parseInt(parts[1])).isEqualTo(next.getOrDefault(parts[0], 0));
        next.merge(parts[0], 1, Integer::sum);
      }
      assertThat(next).hasSize(THREADS);
      Awaitility.await().atMost(PATIENCE).until(() -> channel.unsent() == 0);
      channel.close(PATIENCE);
      assertThat(channel.unsent()).isZero();
    }
  }

  @Test
  void longMessagesArriveWholeAmongShortOnes() throws Exception {
    int[] sizes = {0, 1, 125, 126, 65_535, 65_536, 65_537, 200_001, 3_000_000, 5};
    CountDownLatch checked = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          for (int size : sizes) {
            Peer.Received frame = peer.readMessage();
            assertThat(frame.payload()).isEqualTo(message(size));
          }
          checked.countDown();
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      for (int size : sizes) {
        channel.send(message(size));
      }
      assertThat(checked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      channel.close(PATIENCE);
      assertThat(channel.unsent()).isZero();
    }
  }

  private static byte[] message(int size) {
    byte[] message = new byte[size];
    for (int i = 0; i < size; i++) {
      message[i] = (byte) ('a' + i % 26);
    }
    return message;
  }

  @Test
  void aSenderThatGoesOnWithoutReceivingIsNotKeptWaiting() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          for (Peer.Received frame = peer.readMessage();
              frame != null && frame.opcode() == Opcode.TEXT;
              frame = peer.readMessage()) {
            peer.send(Frames.text(frame.text()));
          }
          peer.send(Frames.close(1000, ""));
        })) {
      Channel channel = open(server);
      // Nobody receives meanwhile: each batch has to leave by itself.
      for (int i = 0; i < 50; i++) {
        channel.send(Frames.utf8("a" + i));
        channel.send(Frames.utf8("b" + i));
        Awaitility.await()
            .atMost(PATIENCE)
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> channel.unsent() == 0);
      }
      for (int i = 0; i < 50; i++) {
        assertThat(next(channel)).isEqualTo("text a" + i);
        assertThat(next(channel)).isEqualTo("text b" + i);
      }
      channel.close(PATIENCE);
    }
  }

  @Test
  void whatThePeerDoesNotTakeStaysUnsentAlsoAfterTheEnd() throws Exception {
    int messages = 1000;
    CountDownLatch done = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.startWithSmallBuffer(peer -> {
          peer.upgrade();
          done.await();
        })) {
      Channel channel = open(server);
      byte[] large = new byte[100_000];
      for (int i = 0; i < messages; i++) {
        channel.send(large);
      }
      assertThat(channel.unsent()).isPositive();
      channel.close(Duration.ofMillis(100));
      int unsent = channel.unsent();
      assertThat(unsent).isBetween(1, messages);
      channel.send(large);
      assertThat(channel.unsent()).isEqualTo(unsent + 1);
      done.countDown();
    }
  }

  @Test
  void whatIsSentAfterALossIsCounted() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(Peer::upgrade)) {
      Channel channel = open(server);
      lossOf(channel);
      for (int i = 0; i < 10; i++) {
        channel.send(Frames.utf8("late"));
      }
      assertThat(channel.unsent()).isEqualTo(10);
      channel.wakeUp();
      channel.close(PATIENCE);
      assertThat(channel.unsent()).isEqualTo(10);
    }
  }
}
