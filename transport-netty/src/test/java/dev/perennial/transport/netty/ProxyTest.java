package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.port.Channel;
import dev.perennial.port.TransportException;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.ErrorClassifiers;
import dev.perennial.transport.netty.internal.address.HttpProxy;
import dev.perennial.transport.netty.internal.frame.Frames;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    return proxy(seen, "HTTP/1.1 200 Connection established\r\n\r\n", false);
  }

  private static ScriptedServer proxy(
      CompletableFuture<Peer.Request> seen, String answer, boolean byteByByte) throws Exception {
    return ScriptedServer.start(peer -> {
      Peer.Request request = peer.readRequest();
      seen.complete(request);
      String target = request.line().split(" ")[1];
      int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
      try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
        peer.send(Frames.utf8(answer), byteByByte);
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
    return ErrorClassifiers.transport().classify(error);
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
          .isInstanceOf(Rejected.class)
          .hasMessageContaining("the proxy http://proxy.test:" + proxy.port())
          .hasMessageContaining(statusLine.substring(0, 3))
          .satisfies(e -> assertThat(verdict(e)).contains(Verdict.retry()))
          .satisfies(e ->
              assertThat(HandshakeTest.everythingSaidBy(e))
                  .doesNotContain("hunter2")
                  .doesNotContain("someone"));
    }
  }

  private void assertRejected(String answer, Consumer<Rejected> check) throws Exception {
    try (ScriptedServer proxy =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          peer.send(Frames.utf8(answer));
          peer.awaitEnd();
        })) {
      use(through(proxy));
      Rejected rejected =
          catchThrowableOfType(Rejected.class, () -> open(URI.create("ws://far.test")));
      assertThat(rejected).isNotNull();
      assertThat(rejected.proxy()).contains("http://proxy.test:" + proxy.port());
      check.accept(rejected);
    }
  }

  @Test
  void aRedirectOfTheProxysSaysWhereTo() throws Exception {
    assertRejected(
        "HTTP/1.1 302 Found\r\nLocation: http://me:s3cret@portal.test/login?s=s3cret\r\n\r\n",
        rejected -> {
          assertThat(rejected.status()).isEqualTo(302);
          assertThat(rejected)
              .hasMessageContaining("with status 302, which points to http://portal.test/login");
          assertThat(HandshakeTest.everythingSaidBy(rejected)).doesNotContain("s3cret");
        });
  }

  @Test
  void theProxySaysWhenToComeAgain() throws Exception {
    assertRejected(
        "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\n",
        rejected ->
            assertThat(verdict(rejected)).contains(Verdict.retryAfter(Duration.ofSeconds(7))));
    assertRejected(
        "HTTP/1.1 503 Busy\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            + "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n\r\n",
        rejected ->
            assertThat(verdict(rejected)).contains(Verdict.retryAfter(Duration.ofSeconds(30))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 202 Accepted\r\nX: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      })
  void whateverAgreesIsATunnel(String answer) throws Exception {
    for (boolean byteByByte : new boolean[] {false, true}) {
      try (ScriptedServer server = ScriptedServer.start(ProxyTest::greet);
          ScriptedServer proxy = proxy(new CompletableFuture<>(), answer, byteByByte)) {
        use(through(proxy));
        Channel channel = open(URI.create("ws://far.test:" + server.port() + "/channel"));
        assertThat(next(channel)).isEqualTo("text hello");
        channel.close(PATIENCE);
      }
    }
  }

  @Test
  void interimAnswersBeforeARefusalAreSkipped() throws Exception {
    assertRejected(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nbad",
        rejected -> {
          assertThat(rejected.status()).isEqualTo(407);
          assertThat(rejected).hasMessageContaining("httpProxy");
        });
  }

  @ParameterizedTest
  @CsvSource({
    "SSH-2.0-OpenSSH_9.2, does not answer with HTTP",
    "HTTP/1.1 200 OK~X: %s, answered with more headers than fit into the limit",
  })
  void aProxyThatSaysSomethingElseIsNamed(String answer, String message) throws Exception {
    try (ScriptedServer proxy =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          String text = answer.replace("~", "\r\n").replace("%s", "x".repeat(70_000));
          peer.send(Frames.utf8(text + "\r\n\r\n"));
          peer.awaitEnd();
        })) {
      use(through(proxy));
      assertThatThrownBy(() -> open(URI.create("ws://far.test")))
          .isInstanceOf(Unreachable.class)
          .hasMessage(
              "Cannot open a channel to ws://far.test: the proxy http://proxy.test:"
                  + proxy.port()
                  + " "
                  + message
                  + ". Check that a WebSocket server runs there.");
    }
  }

  @Test
  void aProxyThatIsNotThereIsNamed() throws Exception {
    try (Socket held = new Socket()) {
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      use(withProxyName().httpProxy("proxy.test", held.getLocalPort()));
      assertThatThrownBy(() -> open(URI.create("ws://far.test")))
          .isInstanceOf(Unreachable.class)
          .hasMessageStartingWith(
              "Cannot connect to the proxy http://proxy.test:" + held.getLocalPort() + ": ");
    }
    use(withProxyName().httpProxy("gone.test", 1));
    assertThatThrownBy(() -> open(URI.create("ws://far.test")))
        .isInstanceOf(Unreachable.class)
        .hasMessage(
            "Cannot look up the host gone.test of the proxy: the lookup failed. Check the name and DNS.");
  }

  /** Paced by how long it waits for the client, which never says more. */
  @Test
  void aProxyThatDripsItsAnswerEndsWithTheTimeout() throws Exception {
    try (ScriptedServer proxy = ScriptedServer.start(HandshakeTest::drip)) {
      use(through(proxy));
      assertThatThrownBy(
              () -> transport.open(URI.create("ws://far.test"), Map.of(), Duration.ofSeconds(2)))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("no answer from the proxy");
    }
  }

  private static NettyTransportBuilder selecting(Proxy proxy, List<URI> asked) {
    return withProxyName()
        .proxy(
            new ProxySelector() {
              @Override
              public List<Proxy> select(URI uri) {
                asked.add(uri);
                return List.of(proxy, Proxy.NO_PROXY);
              }

              @Override
              public void connectFailed(URI uri, SocketAddress address, IOException cause) {}
            });
  }

  @Test
  void aSelectorIsAskedForTheTargetAsForOneOfHttp() throws Exception {
    List<URI> asked = new CopyOnWriteArrayList<>();
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    try (ScriptedServer server = ScriptedServer.start(ProxyTest::greet);
        ScriptedServer proxy = proxy(seen)) {
      InetSocketAddress address = InetSocketAddress.createUnresolved("proxy.test", proxy.port());
      use(selecting(new Proxy(Proxy.Type.HTTP, address), asked));
      open(URI.create("ws://far.test:" + server.port() + "/secret?token=x")).close(PATIENCE);
      assertThat(seen).isCompleted();
      assertThatThrownBy(() -> open(URI.create("wss://far.test:1")))
          .isInstanceOf(TransportException.class);
      assertThat(asked)
          .containsExactly(
              URI.create("http://far.test:" + server.port() + "/"),
              URI.create("https://far.test:1/"));
      use(selecting(Proxy.NO_PROXY, asked));
      assertThatThrownBy(() -> open(server.uri()))
          .as("directly")
          .hasMessage(
              "Cannot look up the host 127.0.0.1: the lookup failed. Check the name and DNS.");
    }
  }

  @Test
  void aSelectorThatFailsIsToldAsSuch() {
    use(
        NettyTransport.builder()
            .proxy(
                new ProxySelector() {
                  @Override
                  public List<Proxy> select(URI uri) {
                    throw new IllegalStateException("no file");
                  }

                  @Override
                  public void connectFailed(URI uri, SocketAddress address, IOException cause) {}
                }));
    assertThatThrownBy(() -> open(URI.create("ws://far.test")))
        .isInstanceOf(Unreachable.class)
        .hasMessageContaining("proxy selector failed")
        .hasMessageContaining("no file");
  }

  private static void withProperties(Map<String, String> properties, Execution test)
      throws Exception {
    Map<String, String> before = new HashMap<>();
    properties.forEach((name, value) -> before.put(name, System.setProperty(name, value)));
    try {
      test.run();
    } finally {
      before.forEach((name, value) -> {
        if (value == null) {
          System.clearProperty(name);
        } else {
          System.setProperty(name, value);
        }
      });
    }
  }

  private interface Execution {
    void run() throws Exception;
  }

  @Test
  void theJvmsProxySettingsAreObeyed() throws Exception {
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    try (ScriptedServer server = ScriptedServer.start(ProxyTest::greet);
        ScriptedServer proxy = proxy(seen)) {
      Map<String, String> properties =
          Map.of(
              "http.proxyHost", "127.0.0.1",
              "http.proxyPort", "" + proxy.port(),
              "http.nonProxyHosts", "*.near.test|localhost|127.*");
      NettyTransportBuilder builder =
          NettyTransport.builder()
              .resolver(host -> {
                if (host.equals("far.test")) {
                  throw new UnknownHostException(host);
                }
                return new InetAddress[] {InetAddress.getLoopbackAddress()};
              });
      withProperties(
          properties,
          () -> {
            use(builder);
            open(URI.create("ws://tap.near.test:" + server.port())).close(PATIENCE);
            assertThat(seen).isNotDone();
            open(URI.create("ws://far.test:" + server.port())).close(PATIENCE);
            assertThat(seen).isDone();
            use(builder.proxy(HttpClient.Builder.NO_PROXY));
            assertThatThrownBy(() -> open(URI.create("ws://far.test:" + server.port())))
                .hasMessage(
                    "Cannot look up the host far.test: the lookup failed. Check the name and DNS.");
          });
    }
  }

  /** A SOCKS server (RFC 1928, RFC 1929) that leads to this machine, whatever it is asked for. */
  private static ScriptedServer socks(String credentials, CompletableFuture<String> asked)
      throws Exception {
    return ScriptedServer.start(peer -> {
      DataInputStream in = new DataInputStream(peer.socket().getInputStream());
      assertThat(in.readUnsignedByte()).isEqualTo(5);
      in.skipNBytes(in.readUnsignedByte());
      if (credentials.isEmpty()) {
        peer.send(new byte[] {5, 0});
      } else {
        peer.send(new byte[] {5, 2});
        assertThat(in.readUnsignedByte()).isEqualTo(1);
        String given = read(in) + "/" + read(in);
        peer.send(new byte[] {1, (byte) (given.equals(credentials) ? 0 : 1)});
      }
      in.skipNBytes(3);
      int type = in.readUnsignedByte();
      String host = type == 3 ? read(in) : InetAddress.getByAddress(in.readNBytes(4)).toString();
      int port = in.readUnsignedShort();
      asked.complete(type + " " + host);
      try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
        peer.send(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        Thread back = new Thread(() -> pump(server, peer.socket()));
        back.start();
        pump(peer.socket(), server);
        back.join();
      }
    });
  }

  private static String read(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
  }

  @Test
  void aSocksProxyOfTheJvmsIsUsedAndLooksUpTheHost() throws Exception {
    CompletableFuture<String> asked = new CompletableFuture<>();
    try (ScriptedServer server = ScriptedServer.start(ProxyTest::greet);
        ScriptedServer proxy = socks("", asked)) {
      Map<String, String> properties =
          Map.of("socksProxyHost", "127.0.0.1", "socksProxyPort", "" + proxy.port());
      withProperties(
          properties,
          () -> {
            Channel channel = open(URI.create("ws://far.test:" + server.port()));
            assertThat(next(channel)).isEqualTo("text hello");
            channel.close(PATIENCE);
          });
      assertThat(asked).isCompletedWithValue("3 far.test");
    }
  }

  @Test
  void aSocksProxyGetsUserAndPassword() throws Exception {
    CompletableFuture<String> asked = new CompletableFuture<>();
    try (ScriptedServer server = ScriptedServer.start(ProxyTest::greet);
        ScriptedServer proxy = socks("someone/hunter:2", asked)) {
      InetSocketAddress address = InetSocketAddress.createUnresolved("proxy.test", proxy.port());
      NettyTransportBuilder builder =
          selecting(new Proxy(Proxy.Type.SOCKS, address), new CopyOnWriteArrayList<>());
      withProperties(
          Map.of(
              "java.net.socks.username", "someone",
              "java.net.socks.password", "hunter:2"),
          () -> {
            use(builder);
            open(server.uri()).close(PATIENCE);
          });
      assertThat(asked).isCompletedWithValue("1 /127.0.0.1");
      withProperties(
          Map.of(
              "java.net.socks.username", "someone",
              "java.net.socks.password", "s3cret"),
          () ->
              assertThatThrownBy(() -> open(server.uri()))
                  .isInstanceOf(Unreachable.class)
                  .hasMessageContaining("the proxy socks5://proxy.test:" + proxy.port())
                  .satisfies(e ->
                      assertThat(HandshakeTest.everythingSaidBy(e))
                          .doesNotContain("someone")
                          .doesNotContain("s3cret")));
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
