package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.port.Channel;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.transport.netty.internal.frame.Frames;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest extends TransportFixture {

  /** Long enough for the first connection of a JVM that is slow. */
  private static final Duration SHORT = Duration.ofSeconds(2);

  @Test
  void theRequestIsAWebSocketHandshakeWithTheCallersHeaders() throws Exception {
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          seen.complete(peer.upgrade());
          peer.awaitClose();
        })) {
      URI uri = URI.create("ws://127.0.0.1:" + server.port() + "/a/b%20c?d=e%26");
      Channel channel =
          transport.open(
              uri, Map.of("Authorization", "Basic eA==", "User-Agent", "perennial/1"), PATIENCE);
      channel.close(PATIENCE);
      Peer.Request request = seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(request.line()).isEqualTo("GET /a/b%20c?d=e%26 HTTP/1.1");
      assertThat(request.headers())
          .containsEntry("host", "127.0.0.1:" + server.port())
          .containsEntry("upgrade", "websocket")
          .containsEntry("sec-websocket-version", "13")
          .containsEntry("authorization", "Basic eA==")
          .containsEntry("user-agent", "perennial/1")
          .doesNotContainKeys("origin", "sec-websocket-extensions", "sec-websocket-protocol");
      assertThat(request.headers().get("connection")).isEqualToIgnoringCase("upgrade");
      assertThat(Base64.getDecoder().decode(request.headers().get("sec-websocket-key")))
          .hasSize(16);
    }
  }

  @Test
  void anOriginThatTheCallerGivesIsSent() throws Exception {
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          seen.complete(peer.upgrade());
          peer.awaitClose();
        })) {
      transport
          .open(server.uri(), Map.of("Origin", "https://example.org"), PATIENCE)
          .close(PATIENCE);
      assertThat(seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).headers())
          .containsEntry("origin", "https://example.org");
    }
  }

  @Test
  void hintsBeforeTheAnswerAreSkipped() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          Peer.Request request = peer.readRequest();
          peer.send(Frames.utf8("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"));
          peer.send(Peer.agreement(request), Frames.text("hello"));
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      assertThat(next(channel)).isEqualTo("text hello");
      channel.close(PATIENCE);
    }
  }

  /** A date in Retry-After needs one to count from. */
  @Test
  void anAnswerWithoutADateGetsThatOfItsArrival() throws Exception {
    Instant before = Instant.now().minusSeconds(1);
    Rejected rejected = rejected("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    String date = rejected.header("date").orElseThrow();
    assertThat(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)))
        .isBetween(before, Instant.now());
    assertThat(rejected("HTTP/1.1 503 Busy\r\nDate: theirs\r\nContent-Length: 0\r\n\r\n").headers())
        .containsEntry("date", List.of("theirs"));
  }

  private Rejected rejected(String response) throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          peer.send(Frames.utf8(response));
          peer.awaitEnd();
        })) {
      Rejected rejected = catchThrowableOfType(Rejected.class, () -> open(server));
      assertThat(rejected).isNotNull();
      return rejected;
    }
  }

  @Test
  void aRefusalTellsStatusHeadersAndBody() throws Exception {
    String body = "{\"error\":\"Unauthorized\",\"message\":\"größer\"}";
    Rejected rejected =
        rejected(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"tap\"\r\n"
                + "Set-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: "
                + Frames.utf8(body).length
                + "\r\n\r\n"
                + body);
    assertThat(rejected.status()).isEqualTo(401);
    assertThat(rejected.header("www-authenticate")).contains("Basic realm=\"tap\"");
    assertThat(rejected.headers().get("set-cookie")).containsExactly("a=1", "b=2");
    assertThat(rejected.body()).isEqualTo(body);
  }

  @Test
  void aRefusalsBodyMayComeInChunks() throws Exception {
    Rejected rejected =
        rejected(
            "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assertThat(rejected.status()).isEqualTo(503);
    assertThat(rejected.header("retry-after")).contains("7");
    assertThat(rejected.body()).isEqualTo("abcde");
  }

  @Test
  void ofALongBodyTheFirstFourKibibytesAreKept() throws Exception {
    String body = "x".repeat(5000);
    Rejected rejected =
        rejected("HTTP/1.1 400 Bad Request\r\nContent-Length: 1000000\r\n\r\n" + body);
    assertThat(rejected.body()).isEqualTo("x".repeat(4096));
  }

  @Test
  void aBodyThatNeverEndsIsNotWaitedForLong() throws Exception {
    Rejected rejected = rejected("HTTP/1.1 400 Bad Request\r\nContent-Length: 10\r\n\r\nhalf");
    assertThat(rejected.status()).isEqualTo(400);
    assertThat(rejected.body()).isEqualTo("half");
  }

  @Test
  void aBodyThatBreaksOffIsTakenAsFarAsItCame() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          peer.send(Frames.utf8("HTTP/1.1 502 Bad\r\nContent-Length: 10\r\n\r\nhalf"));
        })) {
      Rejected rejected = catchThrowableOfType(Rejected.class, () -> open(server));
      assertThat(rejected.body()).isEqualTo("half");
    }
  }

  @Test
  void aRedirectIsARefusal() throws Exception {
    Rejected rejected =
        rejected("HTTP/1.1 301 Moved\r\nLocation: ws://elsewhere/\r\nContent-Length: 0\r\n\r\n");
    assertThat(rejected.header("location")).contains("ws://elsewhere/");
    assertThat(rejected)
        .hasMessageEndingWith(
            ": the server answered the handshake with status 301, which points to ws://elsewhere/. Use that address.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: d3Jvbmc=\r\n\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "\r\n",
      })
  void anAgreementThatIsNoneIsARefusal(String headers) throws Exception {
    Rejected rejected = rejected("HTTP/1.1 101 Switching Protocols\r\n" + headers);
    assertThat(rejected.status()).isEqualTo(101);
    assertThat(rejected)
        .hasMessageMatching(
            "Cannot open a channel to ws://127\\.0\\.0\\.1:\\d+: the server agreed to the upgrade, but"
                + " its answer is wrong \\(.+\\)\\. Check that a WebSocket server runs there\\.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat"})
  void anAgreementToWhatWasNotOfferedIsARefusal(String header) throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          String agreement =
              new String(
                  Peer.agreement(peer.readRequest()), java.nio.charset.StandardCharsets.UTF_8);
          peer.send(Frames.utf8(agreement.replace("Upgrade: ", header + "\r\nUpgrade: ")));
          peer.awaitEnd();
        })) {
      Rejected rejected = catchThrowableOfType(Rejected.class, () -> open(server));
      assertThat(rejected.status()).isEqualTo(101);
      assertThat(rejected)
          .hasMessageContaining("agreed to the upgrade, but")
          .hasMessageContaining(header.substring(header.indexOf(' ') + 1));
    }
  }

  @Test
  void anAnswerThatIsNotHttpMeansUnreachable() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          peer.send(Frames.utf8("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
          peer.awaitEnd();
        })) {
      assertThatThrownBy(() -> open(server))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("127.0.0.1:" + server.port());
    }
  }

  @Test
  void aConnectionThatEndsBeforeTheAnswerMeansUnreachable() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(Peer::readRequest)) {
      assertThatThrownBy(() -> open(server))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("before it answered the handshake");
    }
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          peer.reset();
        })) {
      assertThatThrownBy(() -> open(server)).isInstanceOf(Unreachable.class);
    }
  }

  @Test
  void aRefusedConnectionMeansUnreachable() throws Exception {
    // A socket that is bound and does not listen keeps the port from everybody else.
    try (Socket held = new Socket()) {
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String address = "127.0.0.1:" + held.getLocalPort();
      assertThatThrownBy(() -> open(URI.create("ws://" + address)))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining(address)
          .hasCauseInstanceOf(java.net.ConnectException.class);
    }
  }

  @Test
  void anUnknownHostMeansUnreachable() {
    use(
        NettyTransport.builder()
            .resolver(host -> {
              throw new UnknownHostException(host);
            }));
    assertThatThrownBy(() -> open(URI.create("ws://nowhere.test")))
        .isInstanceOf(Unreachable.class)
        .hasMessage(
            "Cannot look up the host nowhere.test: the lookup failed. Check the name and DNS.")
        .hasCauseInstanceOf(UnknownHostException.class);
  }

  @Test
  void aLookupThatHangsEndsWithTheTimeout() {
    CountDownLatch never = new CountDownLatch(1);
    use(
        NettyTransport.builder()
            .resolver(host -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              throw new UnknownHostException(host);
            }));
    assertThatThrownBy(() -> transport.open(URI.create("ws://slow.test"), Map.of(), SHORT))
        .isInstanceOf(Unreachable.class)
        .hasMessageContaining("Cannot look up the host slow.test: there was no answer within ");
    never.countDown();
  }

  @Test
  void theNextAddressIsTriedWhereTheFirstOneRefuses() throws Exception {
    use(
        NettyTransport.builder()
            .resolver(host ->
                new InetAddress[] {
                  InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1")
                }));
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          assertThat(peer.upgrade().headers())
              .containsEntry("host", "two_addresses.test:" + peer.socket().getLocalPort());
          peer.awaitClose();
        })) {
      open(URI.create("ws://two_addresses.test:" + server.port())).close(PATIENCE);
    }
  }

  @Test
  void aServerThatRefusesIsNotAskedAgainAtItsNextAddress() throws Exception {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    use(NettyTransport.builder().resolver(host -> new InetAddress[] {loopback, loopback}));
    try (ScriptedServer server = ScriptedServer.start(Peer::readRequest)) {
      assertThatThrownBy(() -> open(server.uri())).isInstanceOf(Unreachable.class);
      assertThat(server.accepted()).isEqualTo(1);
    }
  }

  @Test
  void aServerThatNeverAnswersEndsWithTheTimeoutAndTheSocketIsClosed() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.awaitEnd();
          ended.countDown();
        })) {
      assertThatThrownBy(() -> transport.open(server.uri(), Map.of(), SHORT))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("no answer to the handshake");
      assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  /**
   * Sends a header without end, a byte at a time, each after it waited for the client to say more.
   */
  static void drip(Peer peer) throws Exception {
    peer.readRequest();
    peer.send(Frames.utf8("HTTP/1.1 101 Slow\r\nX: "));
    peer.socket().setSoTimeout(50);
    while (true) {
      try {
        if (peer.socket().getInputStream().read() < 0) {
          return;
        }
      } catch (SocketTimeoutException e) {
        peer.send(Frames.utf8("x"));
      }
    }
  }

  @Test
  void anAnswerThatDripsEndsWithTheTimeout() throws Exception {
    try (ScriptedServer server = ScriptedServer.start(HandshakeTest::drip)) {
      assertThatThrownBy(() -> transport.open(server.uri(), Map.of(), SHORT))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("no answer to the handshake");
    }
  }

  @Test
  void hintsWithoutEndEndWithTheTimeout() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          while (true) {
            peer.send(Frames.utf8("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"));
          }
        })) {
      assertThatThrownBy(() -> transport.open(server.uri(), Map.of(), SHORT))
          .isInstanceOf(Unreachable.class)
          .hasMessageContaining("no answer to the handshake");
    }
  }

  @Test
  void anAnswerMayComeByteByByte() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          Peer.Request request = peer.readRequest();
          peer.send(Frames.utf8("HTTP/1.1 100 Continue\r\n\r\n"), true);
          peer.send(Peer.agreement(request), true);
          peer.send(Frames.text("hello"), true);
          peer.awaitClose();
        })) {
      Channel channel = open(server);
      assertThat(next(channel)).isEqualTo("text hello");
      channel.close(PATIENCE);
    }
  }

  @Test
  void anAnswerWithTooManyHeadersMeansUnreachable() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          String header = "X-Much: " + "x".repeat(70_000) + "\r\n\r\n";
          peer.send(Frames.utf8("HTTP/1.1 101 Switching Protocols\r\n" + header));
          peer.awaitEnd();
        })) {
      assertThatThrownBy(() -> open(server))
          .isInstanceOf(Unreachable.class)
          .hasMessage(
              "Cannot open a channel to ws://127.0.0.1:"
                  + server.port()
                  + ": the server answered with more headers than fit into the limit. Check that a"
                  + " WebSocket server runs there.");
    }
  }

  @Test
  void anInterruptAbandonsTheAttemptAndTheSocketIsClosed() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          asked.countDown();
          peer.awaitEnd();
          ended.countDown();
        })) {
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread opener =
          new Thread(() -> {
            try {
              open(server);
            } catch (Throwable e) {
              thrown.complete(e);
            }
          });
      opener.start();
      assertThat(asked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      opener.interrupt();
      assertThat(thrown.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(InterruptedException.class);
      assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void noHeadersValueIsInAnyError() throws Exception {
    Map<String, String> secret = Map.of("Authorization", "Basic c2VjcmV0");
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          peer.readRequest();
          peer.send(Frames.utf8("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
        })) {
      URI uri = URI.create(server.uri() + "?token=c2VjcmV0");
      assertThatThrownBy(() -> transport.open(uri, secret, PATIENCE))
          .satisfies(e -> assertThat(everythingSaidBy(e)).doesNotContain("c2VjcmV0"));
    }
    URI closed = URI.create("ws://127.0.0.1:1/?token=c2VjcmV0");
    assertThatThrownBy(() -> transport.open(closed, secret, PATIENCE))
        .satisfies(e -> assertThat(everythingSaidBy(e)).doesNotContain("c2VjcmV0"));
  }

  static String everythingSaidBy(Throwable error) {
    java.io.StringWriter out = new java.io.StringWriter();
    error.printStackTrace(new java.io.PrintWriter(out));
    return out.toString();
  }
}
