package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Channel;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.ErrorClassifiers;
import dev.perennial.transport.netty.internal.frame.Frames;
import dev.perennial.transport.netty.internal.frame.Opcode;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.X509TrustManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest extends TransportFixture {

  private static Certificate certificate;
  private static Certificate foreign;

  @BeforeAll
  static void makeCertificates(@TempDir Path directory) throws Exception {
    certificate = Certificate.forNames(directory, "ip:127.0.0.1");
    foreign = Certificate.forNames(directory, "dns:other.test");
  }

  private static void echo(Peer peer) throws Exception {
    peer.upgrade();
    Peer.Received frame = peer.readMessage();
    while (frame != null && frame.opcode() == Opcode.TEXT) {
      peer.send(Frames.text(frame.payload()));
      frame = peer.readMessage();
    }
    peer.send(Frames.close(1000, ""));
  }

  private void assertEchoes(ScriptedServer server) throws Exception {
    Channel channel = open(server);
    String large = "x".repeat(1_000_000);
    for (int i = 0; i < 100; i++) {
      channel.send(Frames.utf8("m" + i));
    }
    channel.send(Frames.utf8(large));
    for (int i = 0; i < 100; i++) {
      assertThat(next(channel)).isEqualTo("text m" + i);
    }
    assertThat(next(channel)).startsWith("text 1000000#");
    channel.close(PATIENCE);
    assertThat(channel.unsent()).isZero();
  }

  @Test
  void aTrustedServerForTheRightHostIsTalkedTo() throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    try (ScriptedServer server = ScriptedServer.startTls(certificate.server(), TlsTest::echo)) {
      assertEchoes(server);
    }
  }

  @Test
  void anSslContextOfNettysDoesAsWell() throws Exception {
    use(
        NettyTransport.builder()
            .sslContext(SslContextBuilder.forClient().trustManager(certificate.trust()).build()));
    try (ScriptedServer server = ScriptedServer.startTls(certificate.server(), TlsTest::echo)) {
      assertEchoes(server);
    }
  }

  @Test
  void whatArrivesWithTheAnswerIsNotLostEither() throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    try (ScriptedServer server =
        ScriptedServer.startTls(
            certificate.server(),
            peer -> {
              Peer.Request request = peer.readRequest();
              peer.send(Peer.agreement(request), Frames.text("one"), Frames.text("two"));
            })) {
      assertThat(untilLost(open(server))).containsExactly("text one", "text two", "lost 1006");
    }
  }

  @Test
  void aServerThatNobodyKnowsIsUntrusted() throws Exception {
    try (ScriptedServer server = ScriptedServer.startTls(certificate.server(), TlsTest::echo)) {
      assertThatThrownBy(() -> open(server))
          .isInstanceOf(Untrusted.class)
          .hasMessageContaining("127.0.0.1:" + server.port());
    }
  }

  @Test
  void aCertificateForAnotherHostIsUntrusted() throws Exception {
    use(NettyTransport.builder().trust(foreign.trust()));
    try (ScriptedServer server = ScriptedServer.startTls(foreign.server(), TlsTest::echo)) {
      assertThatThrownBy(() -> open(server)).isInstanceOf(Untrusted.class);
    }
  }

  @Test
  void aCertificateForAnotherHostIsUntrustedWithAnSslContextToo() throws Exception {
    use(
        NettyTransport.builder()
            .sslContext(
                SslContextBuilder.forClient()
                    .trustManager(foreign.trust())
                    .endpointIdentificationAlgorithm(null)
                    .build()));
    try (ScriptedServer server = ScriptedServer.startTls(foreign.server(), TlsTest::echo)) {
      assertThatThrownBy(() -> open(server)).isInstanceOf(Untrusted.class);
    }
  }

  /** Trusts everybody; whether the certificate is for the host is not its business. */
  private static final class Gullible implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void aTrustManagerOfOnesOwnDoesNotSwitchOffTheCheckOfTheHost() throws Exception {
    use(NettyTransport.builder().trust(new Gullible()));
    try (ScriptedServer server = ScriptedServer.startTls(certificate.server(), TlsTest::echo)) {
      assertEchoes(server);
    }
    try (ScriptedServer server = ScriptedServer.startTls(foreign.server(), TlsTest::echo)) {
      assertThatThrownBy(() -> open(server)).isInstanceOf(Untrusted.class);
    }
  }

  @Test
  void anExpiredCertificateIsUntrusted(@TempDir Path directory) throws Exception {
    Certificate expired = Certificate.expired(directory, "ip:127.0.0.1");
    use(NettyTransport.builder().trust(expired.trust()));
    try (ScriptedServer server = ScriptedServer.startTls(expired.server(), TlsTest::echo)) {
      assertThatThrownBy(() -> open(server)).isInstanceOf(Untrusted.class);
    }
  }

  /** Such as a balancer that restarts; and nothing of what it said is repeated. */
  @Test
  void aServerThatDoesNotSpeakTlsIsUnreachable() throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    String answer = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.send(Frames.utf8(answer));
          peer.awaitEnd();
        })) {
      URI uri = URI.create("wss://127.0.0.1:" + server.port());
      assertThatThrownBy(() -> open(uri))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("127.0.0.1:" + server.port())
          .hasMessageContaining("not TLS")
          .satisfies(e ->
              assertThat(HandshakeTest.everythingSaidBy(e))
                  .doesNotContain(HexFormat.of().formatHex(Frames.utf8("HTTP"))));
    }
  }

  /** Answers the TLS handshake with a fatal alert: RFC 8446, section 6. */
  private static ScriptedServer alerting(int alert) throws Exception {
    return ScriptedServer.start(peer -> {
      peer.socket().getInputStream().read();
      peer.send(Frames.bytes(0x15, 3, 3, 0, 2, 2, alert));
      peer.awaitEnd();
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {80 /* internal_error */, 90 /* user_canceled */, 20 /* bad_record_mac */})
  void aServerThatCannotGoOnIsUnreachable(int alert) throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    try (ScriptedServer server = alerting(alert)) {
      URI uri = URI.create("wss://127.0.0.1:" + server.port());
      assertThatThrownBy(() -> open(uri))
          .isInstanceOf(Unreachable.class)
          .satisfies(
              e -> assertThat(ErrorClassifiers.transport().classify(e)).contains(Verdict.retry()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        40 /* handshake_failure */,
        70 /* protocol_version */,
        71 /* insufficient_security */
      })
  void aServerThatHasNothingInCommonWithUsIsUntrusted(int alert) throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    try (ScriptedServer server = alerting(alert)) {
      URI uri = URI.create("wss://127.0.0.1:" + server.port());
      assertThatThrownBy(() -> open(uri))
          .isInstanceOf(Untrusted.class)
          .satisfies(e ->
              assertThat(ErrorClassifiers.transport().classify(e)).contains(Verdict.refused()));
    }
  }

  @Test
  void aServerThatLeavesDuringTheTlsHandshakeIsUnreachable() throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    try (ScriptedServer server =
        ScriptedServer.start(peer -> peer.socket().getInputStream().read())) {
      URI uri = URI.create("wss://127.0.0.1:" + server.port());
      assertThatThrownBy(() -> open(uri)).isInstanceOf(Unreachable.class);
    }
  }

  @Test
  void aServerThatNeverEndsTheTlsHandshakeIsUnreachableWhenTheTimeIsOver() throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    try (ScriptedServer server = ScriptedServer.start(Peer::awaitEnd)) {
      URI uri = URI.create("wss://127.0.0.1:" + server.port());
      assertThatThrownBy(() -> transport.open(uri, Map.of(), Duration.ofSeconds(2)))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("no end of the TLS handshake");
    }
  }

  @Test
  void closingDoesNotWaitForAPeerThatStoppedReading() throws Exception {
    use(NettyTransport.builder().trust(certificate.trust()));
    CountDownLatch closed = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.startTls(
            certificate.server(),
            peer -> {
              peer.upgrade();
              closed.await();
            })) {
      Channel channel = open(server);
      for (int i = 0; i < 200; i++) {
        channel.send(new byte[100_000]);
      }
      channel.close(Duration.ofMillis(50));
      // While the peer still does not read; the event loop may need its time on a busy machine.
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(channel).hasToString("WebSocketChannel[ended]"));
      assertThat(channel.unsent()).isPositive();
      closed.countDown();
    }
  }
}
