package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.port.Channel;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.port.Verdict;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyTest extends TransportFixture {

  /** Only the proxy's own name can be looked up: the others are for the proxy to know. */
  private static NettyTransportBuilder through(ScriptedServer proxy) {
    return withProxyName().httpProxy("proxy.test", proxy.port());
  }

  private static NettyTransportBuilder withProxyName() {
    return NettyTransport.builder()
        .resolver(host -> {
          if (!host.equals("proxy.test")) {
            throw new UnknownHostException(host);
          }
          return new InetAddress[] {InetAddress.getLoopbackAddress()};
        });
  }

  /**
   * Answers CONNECT and passes everything on to the port that it names, wherever the host may be.
   */
  private static ScriptedServer proxy(CompletableFuture<Peer.Request> seen) throws Exception {
    return ScriptedServer.start(peer -> {
      Peer.Request request = peer.readRequest();
      seen.complete(request);
      String target = request.line().split(" ")[1];
      int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
      try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
        peer.send(Frames.utf8("HTTP/1.1 200 Connection established\r\n\r\n"));
        Thread back = new Thread(() -> pump(server, peer.socket()));
        back.start();
        pump(peer.socket(), server);
        back.join();
      }
    });
  }

  private static void pump(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8192];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        out.flush();
      }
      to.shutdownOutput();
    } catch (java.io.IOException e) {
      // One of them is gone, and so is the tunnel.
    }
  }

  private static void greet(Peer peer) throws Exception {
    peer.upgrade();
    peer.send(Frames.text("hello"));
    peer.awaitClose();
  }

  @Test
  void aChannelGoesThroughTheProxyWhichLooksUpTheHost() throws Exception {
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    try (ScriptedServer server = ScriptedServer.start(ProxyTest::greet);
        ScriptedServer proxy = proxy(seen)) {
      use(through(proxy));
      Channel channel = open(URI.create("ws://far.test:" + server.port() + "/channel"));
      assertThat(next(channel)).isEqualTo("text hello");
      channel.close(PATIENCE);
      Peer.Request request = seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(request.line()).isEqualTo("CONNECT far.test:" + server.port() + " HTTP/1.1");
      assertThat(request.headers()).doesNotContainKey("proxy-authorization");
    }
  }

  @Test
  void credentialsGoToTheProxyAndNoFurther() throws Exception {
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    CompletableFuture<Peer.Request> arrived = new CompletableFuture<>();
    try (ScriptedServer server =
            ScriptedServer.start(peer -> {
              arrived.complete(peer.upgrade());
              peer.awaitClose();
            });
        ScriptedServer proxy = proxy(seen)) {
      use(withProxyName().httpProxy("proxy.test", proxy.port(), "user", "pass:ü"));
      open(URI.create("ws://far.test:" + server.port())).close(PATIENCE);
      assertThat(seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).headers())
          .containsEntry(
              "proxy-authorization",
              "Basic "
                  + Base64.getEncoder()
                      .encodeToString("user:pass:ü".getBytes(StandardCharsets.UTF_8)));
      assertThat(arrived.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).headers())
          .doesNotContainKey("proxy-authorization");
    }
  }

  @Test
  void tlsGoesThroughTheTunnelAndIsForTheHostNotTheProxy(@TempDir Path directory) throws Exception {
    Certificate certificate = Certificate.forNames(directory, "dns:far.test");
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    try (ScriptedServer server = ScriptedServer.startTls(certificate.server(), ProxyTest::greet);
        ScriptedServer proxy = proxy(seen)) {
      use(through(proxy).trust(certificate.trust()));
      Channel channel = open(URI.create("wss://far.test:" + server.port()));
      assertThat(next(channel)).isEqualTo("text hello");
      channel.close(PATIENCE);
      assertThatThrownBy(() -> open(URI.create("wss://other.test:" + server.port())))
          .isInstanceOf(Untrusted.class);
    }
  }

  private static ScriptedServer answering(String statusLine) throws Exception {
    return ScriptedServer.start(peer -> {
      peer.readRequest();
      peer.send(
          Frames.utf8("HTTP/1.1 " + statusLine + "\r\nX-Proxy: one\r\nContent-Length: 0\r\n\r\n"));
      peer.awaitEnd();
    });
  }

  private static Optional<Verdict> verdict(Throwable error) {
    return ErrorClassifier.transport().classify(error);
  }

  /** Asking again does not help, so the stream must end and say why. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "407 Proxy Authentication Required",
        "403 Forbidden, status: 500",
        "400 Bad Request",
        "499",
      })
  void aProxyThatRefusesIsNamedAndNotAskedAgain(String statusLine) throws Exception {
    try (ScriptedServer proxy = answering(statusLine)) {
      use(withProxyName().httpProxy("proxy.test", proxy.port(), "someone", "hunter2"));
      Rejected rejected =
          catchThrowableOfType(Rejected.class, () -> open(URI.create("ws://far.test")));
      assertThat(rejected)
          .hasMessageContaining("the proxy http://proxy.test:" + proxy.port())
          .hasMessageContaining("ws://far.test")
          .hasMessageContaining(statusLine.substring(0, 3));
      assertThat(rejected.status()).isEqualTo(Integer.parseInt(statusLine.substring(0, 3)));
      assertThat(rejected.header("x-proxy")).contains("one");
      assertThat(verdict(rejected)).contains(Verdict.refused());
      assertThat(HandshakeTest.everythingSaidBy(rejected))
          .doesNotContain("hunter2")
          .doesNotContain("someone")
          .doesNotContain(Base64.getEncoder().encodeToString(Frames.utf8("someone:hunter2")));
      assertThat(transport.toString())
          .contains("proxy.test")
          .doesNotContain("hunter2")
          .doesNotContain("someone");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "408 Request Timeout",
        "425 Too Early",
        "429 Too Many Requests",
        "502 Bad Gateway",
        "503 Unavailable, status: 407"
      })
  void aProxyThatCannotNowIsAskedAgain(String statusLine) throws Exception {
    try (ScriptedServer proxy = answering(statusLine)) {
      use(withProxyName().httpProxy("proxy.test", proxy.port(), "someone", "hunter2"));
      assertThatThrownBy(() -> open(URI.create("ws://far.test")))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("proxy")
          .hasMessageContaining(statusLine.substring(0, 3))
          .satisfies(e -> assertThat(verdict(e)).contains(Verdict.retry()))
          .satisfies(e ->
              assertThat(HandshakeTest.everythingSaidBy(e))
                  .doesNotContain("hunter2")
                  .doesNotContain("someone"));
    }
  }

  @Test
  void aProxyThatEndsTheConnectionMeansUnreachable() throws Exception {
    try (ScriptedServer proxy = ScriptedServer.start(Peer::readRequest)) {
      use(through(proxy));
      assertThatThrownBy(() -> open(URI.create("ws://far.test")))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("proxy")
          .satisfies(e -> assertThat(verdict(e)).contains(Verdict.retry()));
    }
  }

  @Test
  void aProxyThatNeverAnswersEndsWithTheTimeout() throws Exception {
    try (ScriptedServer proxy = ScriptedServer.start(Peer::awaitEnd)) {
      use(through(proxy));
      assertThatThrownBy(
              () -> transport.open(URI.create("ws://far.test"), Map.of(), Duration.ofSeconds(2)))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("no answer from the proxy");
    }
  }

  @Test
  void credentialsAreInNoToString() {
    HttpProxy proxy =
        new HttpProxy("proxy.test", 8080, new HttpProxy.Credentials("someone", "hunter2"));
    assertThat(proxy + " " + proxy.credentials())
        .contains("proxy.test:8080")
        .doesNotContain("someone")
        .doesNotContain("hunter2");
  }
}
