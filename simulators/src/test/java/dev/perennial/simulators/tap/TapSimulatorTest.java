package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The simulator over real sockets. What the outbox does on its own is in {@link OutboxTest}. */
class TapSimulatorTest {

  private static final String DID = "did:plc:a";
  private static final Duration SHORT = Duration.ofMillis(50);

  /** So long that it does not pass during a test. */
  private static final Duration NEVER = Duration.ofHours(1);

  @Test
  void servesAClientOfAnotherLibrary() throws Exception {
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            received.add(data + (last ? "" : "…"));
            socket.request(1);
            return null;
          }

          @Override
          public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            received.add("pong " + StandardCharsets.UTF_8.decode(message));
            socket.request(1);
            return null;
          }

          @Override
          public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            received.add("close " + code + reason);
            return null;
          }
        };
    try (TapSimulator tap = builder().start()) {
      WebSocket socket =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .buildAsync(tap.channelUri(), listener)
              .get(20, TimeUnit.SECONDS);
      tap.emitIdentity(DID, "a.test", true, "active");
      assertThat(next(received))
          .isEqualTo(
              "{\"id\":1,\"type\":\"identity\",\"identity\":{\"did\":\"did:plc:a\","
                  + "\"handle\":\"a.test\",\"is_active\":true,\"status\":\"active\"}}");
      socket.sendText("{\"type\":\"ack\",\"id\":1}", true).get(20, TimeUnit.SECONDS);
      await().atMost(RawClient.DEADLINE).until(() -> tap.acked() == 1);
      socket.sendPing(StandardCharsets.UTF_8.encode("p")).get(20, TimeUnit.SECONDS);
      assertThat(next(received)).isEqualTo("pong p");
      socket.sendClose(4321, "bye").get(20, TimeUnit.SECONDS);
      assertThat(next(received)).isEqualTo("close 4321");
      assertThat(tap.clientCloseCodes()).containsExactly(4321);
    }
  }

  @Test
  void sendsARecordAsTheServerDoes() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      tap.emit(
          new TapEventSpec.RecordChange(
              DID, "3kb3fge5lm32x", "c.d", "r\"1", "create", true, "bafy", "{\"text\":\"hi ü\"}"));
      RawClient.Frame frame = client.read();
      assertThat(frame.fin()).isTrue();
      assertThat(frame.opcode()).isEqualTo(Frames.TEXT);
      assertThat(frame.text())
          .isEqualTo(
              "{\"id\":1,\"type\":\"record\",\"record\":{\"live\":true,\"did\":\"did:plc:a\","
                  + "\"rev\":\"3kb3fge5lm32x\",\"collection\":\"c.d\",\"rkey\":\"r\\\"1\","
                  + "\"action\":\"create\",\"record\":{\"text\":\"hi ü\"},\"cid\":\"bafy\"}}");
    }
  }

  @Test
  void sendsAHugeEventInOneFrame() throws Exception {
    String text = "{\"id\":$id,\"filler\":\"" + "x".repeat(3_000_000) + "\"}";
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      tap.emitRaw(DID, true, text);
      RawClient.Frame frame = client.read();
      assertThat(frame.fin()).isTrue();
      assertThat(frame.text()).isEqualTo(text.replace("$id", "1"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "9007199254740993", "9223372036854775808", "18446744073709551615"})
  void sendsAndTakesBackIdsOfAllSizes(String number) throws Exception {
    long id = Long.parseUnsignedLong(number);
    try (TapSimulator tap = builder().deleteInterval(SHORT).start();
        RawClient client = RawClient.connect(tap)) {
      tap.emitWithId(id, new TapEventSpec.RawText(DID, true, "{\"id\":$id}"));
      assertThat(client.read().text()).isEqualTo("{\"id\":" + number + "}");
      client.ack(id);
      await().atMost(RawClient.DEADLINE).until(() -> tap.outboxSize() == 0);
      assertThat(tap.ledger().ackedIds()).containsExactly(id);
    }
  }

  @Test
  void refusesAnIdThatIsTaken() {
    try (TapSimulator tap = builder().start()) {
      long id = tap.emitRaw(DID, true, "x");
      assertThatThrownBy(() -> tap.emitWithId(id, new TapEventSpec.RawText(DID, true, "y")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("id 1");
    }
  }

  @Test
  void holdsALiveEventBackUntilTheAck() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      long l1 = tap.emitRaw(DID, true, "{\"id\":$id}");
      long l2 = tap.emitRaw(DID, true, "{\"id\":$id}");
      assertThat(client.readId()).isEqualTo(l1);
      assertThat(client.isQuiet()).isTrue();
      client.ack(l1);
      assertThat(client.readId()).isEqualTo(l2);
    }
  }

  @Test
  void sendsAgainWhatIsNotAcked() throws Exception {
    try (TapSimulator tap = builder().retryTimeout(SHORT).start();
        RawClient client = RawClient.connect(tap)) {
      long id = tap.emitRaw(DID, true, "{\"id\":$id}");
      assertThat(client.readIds(3)).containsOnly(id);
      assertThat(tap.delivered()).isGreaterThanOrEqualTo(3);
    }
  }

  @Test
  void givesTheNextClientAtOnceOnlyWhatWasNotWritten() throws Exception {
    try (TapSimulator tap = builder().start()) {
      try (RawClient client = RawClient.connect(tap)) {
        tap.emitRaw(DID, false, "{\"id\":$id}");
        client.readId();
        tap.faults().cutConnections();
        assertThat(client.ending()).isEqualTo("end");
      }
      long notWritten = tap.emitRaw(DID, false, "{\"id\":$id}");
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(notWritten);
        assertThat(client.isQuiet()).isTrue();
      }
    }
  }

  @Test
  void givesTheNextClientTheRestAtTheRetryTick() throws Exception {
    try (TapSimulator tap = builder().retryTimeout(SHORT).start()) {
      long id = tap.emitRaw(DID, true, "{\"id\":$id}");
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
      }
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
        client.ack(id);
        await().atMost(RawClient.DEADLINE).until(() -> tap.acked() == 1);
      }
    }
  }

  @Test
  void letsSeveralClientsDrainOneChannelAndAckEachOthersEvents() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient one = RawClient.connect(tap);
        RawClient two = RawClient.connect(tap)) {
      tap.generate(1_000, 1_000);
      List<Long> ids = new ArrayList<>(one.readIds(1));
      ids.addAll(two.readIds(1));
      for (long id : ids) {
        two.ack(id);
      }
      await().atMost(RawClient.DEADLINE).until(() -> tap.acked() == 2);
      assertThat(ids).doesNotHaveDuplicates();
      assertThat(tap.connections()).isEqualTo(2);
    }
  }

  @Test
  void takesABinaryAckAndAFragmentedOne() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      long binary = tap.emitRaw(DID, false, "{\"id\":$id}");
      long fragmented = tap.emitRaw(DID, false, "{\"id\":$id}");
      client.readIds(2);
      client.frame(0x82, bytes("{\"type\":\"ack\",\"id\":" + binary + "}"));
      client.frame(0x01, bytes("{\"type\":\"ack\""));
      client.frame(0x89, bytes("between"));
      client.frame(0x80, bytes(",\"id\":" + fragmented + "}"));
      assertThat(client.read().opcode()).isEqualTo(Frames.PONG);
      await().atMost(RawClient.DEADLINE).until(() -> tap.acked() == 2);
      assertThat(tap.clientMessages()).extracting(ClientMessage::text).containsExactly(false, true);
    }
  }

  @Test
  void readsFramesSplitAnywhere() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      for (byte b :
          RawClient.masked(0x81, bytes("{\"ack\":1,\"filler\":\"" + "x".repeat(200) + "\"}"))) {
        client.send(new byte[] {b});
      }
      assertThat(client.isQuiet()).isTrue();
      assertThat(tap.clientMessages()).hasSize(1);
    }
  }

  @Test
  void endsAConnectionThatSendsNoJsonWithoutACloseFrame() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      client.text("{\"type\":\"ack\",\"id\":\"1\"}");
      assertThat(client.ending()).isIn("end", "reset");
      await().atMost(RawClient.DEADLINE).until(() -> tap.connections() == 0);
    }
  }

  @Test
  void ignoresFramesAfterTheEndOfTheConnection() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      long id = tap.emitRaw(DID, false, "{\"id\":$id}");
      client.readId();
      byte[] bad = RawClient.masked(0x81, bytes("[]"));
      byte[] good = RawClient.masked(0x81, bytes("{\"type\":\"ack\",\"id\":" + id + "}"));
      byte[] both = Arrays.copyOf(bad, bad.length + good.length);
      System.arraycopy(good, 0, both, bad.length, good.length);
      client.send(both);
      assertThat(client.ending()).isIn("end", "reset");
      assertThat(tap.acked()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1012, 3000, 4999})
  void echoesACloseCodeWithoutTheReason(int code) throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      client.frame(0x88, new byte[] {(byte) (code >> 8), (byte) code, 'b', 'y', 'e'});
      RawClient.Frame close = client.read();
      assertThat(close.closeCode()).isEqualTo(code);
      assertThat(close.payload()).hasSize(2);
      assertThat(client.ending()).isEqualTo("end");
    }
  }

  @Test
  void echoesACloseFrameWithoutACode() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      client.frame(0x88, new byte[0]);
      RawClient.Frame close = client.read();
      assertThat(close.opcode()).isEqualTo(Frames.CLOSE);
      assertThat(close.payload()).isEmpty();
      assertThat(tap.clientCloseCodes()).containsExactly(1005);
    }
  }

  /**
   * Reserved bits, no mask, an unknown opcode, a fragmented ping, a stray continuation, a bad close
   * code.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c18000000000",
        "8100",
        "838000000000",
        "098000000000",
        "808000000000",
        "888200000000 03ed"
      })
  void closesWith1002AtAProtocolError(String hex) throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      client.send(HexFormat.of().parseHex(hex.replace(" ", "")));
      assertThat(client.read().closeCode()).isEqualTo(1002);
      assertThat(client.ending()).isIn("end", "reset");
    }
  }

  @Test
  void acksOnWriteIfAcksAreOff() throws Exception {
    try (TapSimulator tap =
            builder()
                .mode(DeliveryMode.FIRE_AND_FORGET)
                .retryTimeout(SHORT)
                .deleteInterval(SHORT)
                .start();
        RawClient client = RawClient.connect(tap)) {
      long l1 = tap.emitRaw(DID, true, "{\"id\":$id}");
      long l2 = tap.emitRaw(DID, true, "{\"id\":$id}");
      assertThat(client.readIds(2)).containsExactly(l1, l2);
      client.ack(77);
      await().atMost(RawClient.DEADLINE).until(() -> tap.outboxSize() == 0);
      assertThat(client.isQuiet()).isTrue();
    }
  }

  @Test
  void givesAckedEventsAgainAfterARestartThatLostTheirDeletes() throws Exception {
    try (TapSimulator tap = builder().start()) {
      long id = tap.emitRaw(DID, true, "{\"id\":$id}");
      int port = tap.port();
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
        client.ack(id);
        await().atMost(RawClient.DEADLINE).until(() -> tap.acked() == 1);
        tap.restart();
        assertThat(client.ending()).isIn("end", "reset");
      }
      assertThat(tap.port()).isEqualTo(port);
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
      }
    }
  }

  @Test
  void beginsWithIdOneAgainAfterARestartWithAnEmptyOutbox() throws Exception {
    try (TapSimulator tap = builder().deleteInterval(SHORT).start();
        RawClient client = RawClient.connect(tap)) {
      client.ack(tap.emitRaw(DID, true, "first $id"));
      await().atMost(RawClient.DEADLINE).until(() -> tap.outboxSize() == 0);
      tap.restart();
      assertThat(tap.emitRaw(DID, true, "second $id")).isEqualTo(1);
      assertThat(tap.ledger().entries())
          .extracting(Ledger.Entry::key)
          .containsExactly("first $id", "second $id");
    }
  }

  @Test
  void storesEventsWhileStopped() throws Exception {
    try (TapSimulator tap = builder().start()) {
      tap.stop();
      assertThatThrownBy(() -> RawClient.connect(tap)).isInstanceOf(IOException.class);
      long id = tap.emitRaw(DID, true, "{\"id\":$id}");
      tap.start();
      try (RawClient client = RawClient.connect(tap)) {
        assertThat(client.readId()).isEqualTo(id);
      }
    }
  }

  @Test
  void resetsItsConnectionsWhenItIsKilled() throws Exception {
    try (TapSimulator tap = builder().start();
        RawClient client = RawClient.connect(tap)) {
      tap.kill();
      assertThat(client.ending()).isEqualTo("reset");
      assertThat(tap.connections()).isZero();
    }
  }

  @Test
  void generatesNoMoreThanTheOutboxTakes() throws Exception {
    try (TapSimulator tap = builder().outboxCapacity(100).start();
        RawClient client = RawClient.connect(tap)) {
      tap.generate(3_000, 5_000);
      List<Long> first = client.readIds(50);
      assertThat(tap.outboxSize()).isLessThanOrEqualTo(100);
      assertThat(tap.generating()).isTrue();
      assertThat(first).doesNotHaveDuplicates();
    }
  }

  @Test
  void deliversEverythingThatItGeneratesToAClientThatAcks() throws Exception {
    int events = 20_000;
    try (TapSimulator tap = builder().seed(3).deleteInterval(SHORT).start();
        RawClient client = RawClient.connect(tap)) {
      tap.generate(events, 500);
      Set<Long> ids = new HashSet<>();
      while (ids.size() < events) {
        long id = client.readId();
        ids.add(id);
        client.ack(id);
      }
      await()
          .atMost(RawClient.DEADLINE)
          .until(() -> tap.acked() == events && tap.outboxSize() == 0);
      Ledger ledger = tap.ledger();
      assertThat(ledger.entries()).hasSize(events).allMatch(entry -> entry.frames() == 1);
      assertThat(ledger.unackedKeys()).isEmpty();
      assertThat(tap.emitted()).isEqualTo(events);
      assertThat(tap.delivered()).isEqualTo(events);
    }
  }

  @Test
  void keepsNoLedgerIfToldNotTo() {
    try (TapSimulator tap = builder().withoutLedger().start()) {
      tap.emitRaw(DID, true, "x");
      assertThat(tap.emitted()).isEqualTo(1);
      assertThatThrownBy(tap::ledger).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void saysThatItsPortIsTaken() {
    try (TapSimulator tap = builder().start()) {
      TapSimulatorBuilder other = builder().port(tap.port());
      assertThatThrownBy(other::start)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(String.valueOf(tap.port()));
    }
  }

  @Test
  void refusesOptionsOutOfRange() {
    TapSimulatorBuilder builder = TapSimulator.builder();
    assertThatThrownBy(() -> builder.retryTimeout(Duration.ZERO))
        .hasMessageContaining("retryTimeout");
    assertThatThrownBy(() -> builder.deleteInterval(Duration.ofSeconds(-1)))
        .hasMessageContaining("deleteInterval");
    assertThatThrownBy(() -> builder.outboxCapacity(0)).hasMessageContaining("capacity");
    assertThatThrownBy(() -> builder.port(65_536)).hasMessageContaining("port");
    assertThatThrownBy(() -> builder.password("")).hasMessageContaining("password");
  }

  private static TapSimulatorBuilder builder() {
    return TapSimulator.builder().retryTimeout(NEVER).deleteInterval(NEVER);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String next(BlockingQueue<String> queue) throws InterruptedException {
    return queue.poll(20, TimeUnit.SECONDS);
  }
}
