package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.port.Channel;
import dev.perennial.transport.netty.internal.frame.Frames;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of this module's error messages, read from a sample of them. */
class MessageFormTest extends TransportFixture {

  private static final String CREDENTIAL = "s3cret";
  private static final URI FAR = URI.create("ws://far.test/s3cret?key=s3cret");

  @TempDir static Path directory;

  private static NettyTransportBuilder builder() {
    return NettyTransport.builder();
  }

  static Stream<ThrowingCallable> refusedSettings() {
    return Stream.of(
        () -> builder().maxMessageSize(0),
        () -> builder().inboxLimits(0, 1),
        () -> builder().pingInterval(Duration.ofNanos(1)),
        () -> builder().pongTimeout(Duration.ofMillis(-1500)),
        () -> builder().httpProxy("", 1),
        () -> builder().httpProxy("proxy.test", 0, "someone", CREDENTIAL),
        () -> builder().httpProxy("proxy.test", 1, "some:one", CREDENTIAL),
        () ->
            builder()
                .trust(InsecureTrustManagerFactory.INSTANCE)
                .trust(InsecureTrustManagerFactory.INSTANCE));
  }

  @ParameterizedTest
  @MethodSource("refusedSettings")
  void settings(ThrowingCallable setting) {
    assertForm(catchThrowable(setting));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://far.test/s3cret",
        "ws://me:s3cret@far.test",
        "ws://far.test/#s3cret",
        "ws://far.test:0/s3cret",
        "ws://a%20b/s3cret",
        "ws://stra%C3%9Fe/s3cret"
      })
  void uris(String uri) {
    assertForm(catchThrowable(() -> open(URI.create(uri))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Host", "Proxy-Authorization", "X-Key"})
  void headers(String name) {
    Map<String, String> headers = Map.of(name, "s3cret\n");
    assertForm(catchThrowable(() -> transport.open(FAR, headers, PATIENCE)));
  }

  @Test
  void timeouts() {
    assertForm(catchThrowable(() -> transport.open(FAR, Map.of(), Duration.ofMillis(-1500))));
  }

  @Test
  void aClosedTransport() {
    transport.close();
    assertForm(catchThrowable(() -> open(FAR)));
  }

  @Test
  void anUnknownHost() {
    use(
        builder()
            .resolver(host -> {
              throw new UnknownHostException(host);
            }));
    assertForm(catchThrowable(() -> open(FAR)));
  }

  @Test
  void aRefusedConnection() throws Exception {
    // A socket that is bound and does not listen keeps the port from all others.
    try (Socket bound = new Socket()) {
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      URI uri = URI.create("ws://127.0.0.1:" + bound.getLocalPort() + "/s3cret");
      assertForm(catchThrowable(() -> open(uri)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 404 Not Found",
        "HTTP/1.1 503 Unavailable",
        "HTTP/1.1 101 Switching Protocols",
        "SSH-2.0-OpenSSH_9.2"
      })
  void refusalsOfAServerAndOfAProxy(String answer) throws Exception {
    try (ScriptedServer server = answering(answer)) {
      assertForm(catchThrowable(() -> open(server)));
    }
    try (ScriptedServer proxy = answering(answer.replace("101", "407"))) {
      use(
          builder()
              .resolver(host -> new InetAddress[] {InetAddress.getLoopbackAddress()})
              .httpProxy("proxy.test", proxy.port(), "someone", CREDENTIAL));
      assertForm(catchThrowable(() -> open(FAR)));
    }
  }

  private static ScriptedServer answering(String answer) throws Exception {
    return ScriptedServer.start(peer -> {
      peer.readRequest();
      peer.send(Frames.utf8(answer + "\r\nContent-Length: 0\r\n\r\n"));
      peer.awaitEnd();
    });
  }

  @Test
  void aServerThatDoesNotAnswer() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(Peer::awaitEnd)) {
      assertForm(
          catchThrowable(() -> transport.open(server.uri(), Map.of(), Duration.ofMillis(200))));
    }
  }

  @Test
  void aCertificateThatIsNotTrusted() throws Exception {
    Certificate certificate = Certificate.forNames(directory, "ip:127.0.0.1");
    try (ScriptedServer server = ScriptedServer.startTls(certificate.server(), Peer::awaitEnd)) {
      assertForm(catchThrowable(() -> open(server)));
    }
  }

  /** The exception's own sentence is the core's; this module gives the reason in it. */
  @Test
  void theReasonOfALoss() throws Exception {
    use(builder().pingInterval(Duration.ofMillis(50)).pongTimeout(Duration.ofMillis(1500)));
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.upgrade();
          peer.awaitEnd();
        })) {
      Channel channel = open(server);
      assertThat(lossOf(channel).closeReason()).contains("for 1.5 s");
      channel.close(Duration.ZERO);
    }
  }

  private static void assertForm(Throwable error) {
    assertThat(error).isNotNull();
    assertThat(error.getMessage())
        .startsWith("Cannot ")
        .endsWith(".")
        .doesNotContainPattern("\\bPT[0-9-]")
        .doesNotContain("Exception:")
        .doesNotContain(CREDENTIAL);
  }
}
