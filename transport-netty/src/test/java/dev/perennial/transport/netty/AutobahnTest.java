package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Channel;
import dev.perennial.transport.netty.internal.frame.Decoding;
import dev.perennial.transport.netty.internal.frame.Opcode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AutobahnTest {

  private static final int PATIENCE_SECONDS = 20;

  private static NettyTransport transport;

  @BeforeAll
  static void open() {
    transport = NettyTransport.create();
  }

  @AfterAll
  static void close() {
    transport.close();
    TransportFixture.awaitNoEventLoop();
  }

  static List<AutobahnCases.Case> cases() {
    return AutobahnCases.list();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void decoder(AutobahnCases.Case example) {
    byte[] sent = example.sent();
    assertThat(Decoding.of(sent)).isEqualTo(example.expected());
    assertThat(Decoding.of(chops(sent, 997))).isEqualTo(example.expected());
    if (sent.length < 1 << 20) {
      assertThat(Decoding.byteByByte(16 << 20, sent)).isEqualTo(example.expected());
    }
  }

  private static byte[][] chops(byte[] bytes, int size) {
    List<byte[]> chops = new ArrayList<>();
    for (int from = 0; from < bytes.length; from += size) {
      chops.add(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + size)));
    }
    return chops.toArray(byte[][]::new);
  }

  /**
   * The same on a socket: messages come out, pings are answered, and close frames say what they
   * have to.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void channel(AutobahnCases.Case example) throws Exception {
    CompletableFuture<List<String>> answers = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.send(example.sent());
          answers.complete(answers(peer, example));
          if (example.expected().stream().anyMatch(AutobahnTest::isEnd)) {
            peer.awaitEnd();
          } else {
            peer.awaitClose();
          }
        })) {
      Channel channel = transport.open(server.uri(), java.util.Map.of(), TransportFixture.PATIENCE);
      List<String> messages = new ArrayList<>();
      String end = null;
      for (String expected : example.expected()) {
        if (expected.startsWith("text") || expected.startsWith("binary")) {
          messages.add(TransportFixture.next(channel));
        } else if (isEnd(expected)) {
          end = "lost " + TransportFixture.lossOf(channel).closeCode();
        }
      }
      List<String> wanted = example.expected();
      assertThat(messages)
          .isEqualTo(
              wanted.stream()
                  .filter(seen -> seen.startsWith("text") || seen.startsWith("binary"))
                  .toList());
      assertThat(end)
          .isEqualTo(
              wanted.stream()
                  .filter(AutobahnTest::isEnd)
                  .map(seen -> "lost " + seen.split(" ")[1])
                  .findFirst()
                  .orElse(null));
      assertThat(answers.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .isEqualTo(
              wanted.stream()
                  .filter(seen -> seen.startsWith("ping") || isEnd(seen))
                  .map(seen -> isEnd(seen) ? "close frame " + seen.split(" ")[1] : seen)
                  .toList());
      channel.close(TransportFixture.PATIENCE);
    }
  }

  private static boolean isEnd(String seen) {
    return seen.startsWith("close") || seen.startsWith("fail");
  }

  /** As many pongs and close frames as the case should bring about. */
  private static List<String> answers(Peer peer, AutobahnCases.Case example) throws Exception {
    List<String> answers = new ArrayList<>();
    for (String expected : example.expected()) {
      if (expected.startsWith("ping") || isEnd(expected)) {
        Peer.Received frame = peer.readFrame();
        if (frame == null) {
          answers.add("nothing");
        } else if (frame.opcode() == Opcode.PONG) {
          answers.add("ping " + HexFormat.of().formatHex(frame.payload()));
        } else {
          answers.add("close frame " + frame.closeCode());
        }
      }
    }
    return answers;
  }
}
