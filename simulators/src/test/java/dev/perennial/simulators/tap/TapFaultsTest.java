package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TapFaultsTest {

  private static final String EVENT = "{\"id\":$id,\"filler\":\"abcdefghijklmnopqrstuvwxyz\"}";

  private final TapSimulator tap =
      TapSimulator.builder().retryTimeout(Duration.ofHours(1)).password("secret").start();
  private final TapFaults faults = tap.faults();

  @AfterEach
  void close() {
    tap.close();
  }

  @Test
  void cutsConnectionsWithoutACloseFrame() throws Exception {
    try (RawClient one = connect();
        RawClient two = connect()) {
      faults.cutConnections();
      assertThat(one.ending()).isEqualTo("end");
      assertThat(two.ending()).isEqualTo("end");
    }
  }

  @Test
  void resetsConnections() throws Exception {
    try (RawClient client = connect()) {
      faults.resetConnections();
      assertThat(client.ending()).isEqualTo("reset");
    }
  }

  @Test
  void stallsTheOpenConnectionsOnly() throws Exception {
    try (RawClient stalled = connect()) {
      faults.stall();
      stalled.frame(0x89, new byte[0]);
      stalled.ack(99);
      long id = tap.emitRaw("did:plc:a", true, EVENT);
      try (RawClient other = connect()) {
        assertThat(other.readId()).isEqualTo(id);
        assertThat(other.isQuiet()).isTrue();
        assertThat(tap.clientMessages()).isEmpty();
        assertThat(tap.clientPings()).as("the other's").isEqualTo(1);
      }
      faults.resume();
      assertThat(stalled.read().opcode()).isEqualTo(Frames.PONG);
      await().atMost(RawClient.DEADLINE).until(() -> tap.clientMessages().size() == 1);
      long next = tap.emitRaw("did:plc:b", true, EVENT);
      assertThat(stalled.readId()).isEqualTo(next);
    }
  }

  @Test
  void sendsBytesThatAreNoFrame() throws Exception {
    try (RawClient client = connect()) {
      faults.sendGarbage();
      assertThatThrownBy(client::read).isInstanceOf(IOException.class);
    }
  }

  @Test
  void sendsBytesAndMessagesThatAreInNoOutbox() throws Exception {
    try (RawClient client = connect()) {
      faults.sendBytes(new byte[] {(byte) 0x8a, 0});
      assertThat(client.read().opcode()).isEqualTo(Frames.PONG);
      faults.sendText("{\"type\":\"new\"}");
      assertThat(client.read().text()).isEqualTo("{\"type\":\"new\"}");
      faults.sendBinary(new byte[] {1, 2});
      RawClient.Frame binary = client.read();
      assertThat(binary.opcode()).isEqualTo(Frames.BINARY);
      assertThat(binary.payload()).containsExactly(1, 2);
      assertThat(tap.emitted()).isZero();
    }
  }

  @Test
  void sendsATextOfAnySizeAndContinues() throws Exception {
    try (RawClient client = connect()) {
      faults.sendOversized(20_000_001);
      long id = tap.emitRaw("did:plc:a", true, EVENT);
      RawClient.Frame frame = client.read();
      assertThat(frame.opcode()).isEqualTo(Frames.TEXT);
      assertThat(frame.payload()).hasSize(20_000_001);
      byte[] expected = new byte[20_000_001];
      Arrays.fill(expected, (byte) 'x');
      assertThat(Arrays.equals(frame.payload(), expected)).isTrue();
      assertThat(client.readId()).isEqualTo(id);
    }
  }

  @Test
  void closesWithACodeAndSendsNothingMore() throws Exception {
    try (RawClient client = connect()) {
      faults.closeWith(1012, "restart");
      tap.emitRaw("did:plc:a", true, EVENT);
      RawClient.Frame close = client.read();
      assertThat(close.closeCode()).isEqualTo(1012);
      assertThat(close.text()).endsWith("restart");
      client.frame(0x88, close.payload());
      assertThat(client.ending()).isEqualTo("end");
    }
    try (RawClient client = connect()) {
      assertThat(client.readId()).isEqualTo(1);
      faults.closeWith(1005, "");
      assertThat(client.read().payload()).isEmpty();
    }
  }

  @Test
  void refusesACloseReasonThatDoesNotFit() throws Exception {
    try (RawClient client = connect()) {
      assertThatThrownBy(() -> faults.closeWith(1000, "ü".repeat(62)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("124");
      assertThat(client.isQuiet()).isTrue();
    }
  }

  @Test
  void fragmentsEventsWithPingsBetween() throws Exception {
    faults.fragmentEvents(20);
    try (RawClient client = connect()) {
      tap.emitRaw("did:plc:a", true, EVENT);
      StringBuilder text = new StringBuilder();
      int fragments = 0;
      RawClient.Frame frame;
      do {
        frame = client.read();
        if (frame.opcode() == Frames.PING) {
          assertThat(frame.fin()).isTrue();
          client.frame(0x8a, frame.payload());
          frame = client.read();
        }
        assertThat(frame.opcode()).isEqualTo(fragments == 0 ? Frames.TEXT : Frames.CONTINUATION);
        assertThat(frame.payload().length).isLessThanOrEqualTo(20);
        text.append(frame.text());
        fragments++;
      } while (!frame.fin());
      assertThat(text).hasToString(EVENT.replace("$id", "1"));
      assertThat(fragments).isEqualTo(3);
      await().atMost(RawClient.DEADLINE).until(() -> tap.clientPongs() == 2);
      faults.fragmentEvents(0);
      tap.emitRaw("did:plc:b", true, EVENT);
      assertThat(client.read().fin()).isTrue();
    }
  }

  @Test
  void rejectsHandshakesBeforeThePasswordIsChecked() throws Exception {
    faults.rejectHandshakes(503, Map.of("Retry-After", "7"), "later", 1);
    faults.rejectHandshakes(418, 1);
    try (RawClient client = new RawClient(tap.port())) {
      RawClient.Response response = client.upgrade("/channel");
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.head()).containsIgnoringCase("retry-after: 7\r\n");
      assertThat(response.body()).isEqualTo("later");
    }
    try (RawClient client = new RawClient(tap.port())) {
      assertThat(client.upgrade("/channel").status()).isEqualTo(418);
    }
    try (RawClient client = connect()) {
      assertThat(client.isQuiet()).isTrue();
    }
  }

  @Test
  void dropsHandshakesAndLeavesOtherPathsAlone() throws Exception {
    faults.dropHandshakes(2);
    try (RawClient client = new RawClient(tap.port())) {
      assertThat(client.request("GET", "/health", "").status()).isEqualTo(401);
    }
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(this::connect).isInstanceOf(EOFException.class);
    }
    connect().close();
  }

  @Test
  void answersHandshakesWithAnyBytes() throws Exception {
    byte[] bytes = "SSH-2.0-nope\r\n".getBytes(StandardCharsets.US_ASCII);
    faults.answerHandshakes(bytes, 1);
    try (RawClient client = new RawClient(tap.port())) {
      client.send("GET /channel HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(client.readAll()).isEqualTo(bytes);
    }
  }

  @Test
  void hangsHandshakes() throws Exception {
    faults.hangHandshakes(1);
    try (RawClient client = new RawClient(tap.port())) {
      client.send("GET /channel HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      await().atMost(RawClient.DEADLINE).until(() -> tap.handshakes().size() == 1);
      connect().close();
      tap.stop();
      assertThat(client.readAll()).as("up to the end of the server").isEmpty();
    }
  }

  @Test
  void acceptsAndCloses() throws Exception {
    faults.acceptThenClose(1);
    try (RawClient client = connect()) {
      assertThat(client.ending()).isEqualTo("end");
    }
    assertThat(tap.connections()).isZero();
    connect().close();
  }

  @Test
  void removesFaultsThatHaveNotHitYet() throws Exception {
    faults.rejectHandshakes(503, 100);
    faults.clearHandshakes();
    connect().close();
  }

  @Test
  void doesNothingWhileTheServerIsStopped() {
    tap.stop();
    faults.cutConnections();
    faults.sendGarbage();
    assertThat(tap.connections()).isZero();
  }

  private RawClient connect() throws Exception {
    return RawClient.connect(tap, "Authorization: Basic YWRtaW46c2VjcmV0");
  }
}
