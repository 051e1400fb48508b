package dev.perennial.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.port.Channel;
import dev.perennial.port.TransportException.Rejected;
import dev.perennial.port.TransportException.Unreachable;
import dev.perennial.port.TransportException.Untrusted;
import dev.perennial.transport.netty.internal.frame.Frames;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts with several addresses, and unusual ones. */
class AddressesTest extends TransportFixture {

  /** Half of it is what the first of two addresses gets. */
  private static final Duration FOR_TWO = Duration.ofSeconds(6);

  private static final ScriptedServer.Script HANGS = Peer::awaitEnd;

  private static void agrees(Peer peer) throws Exception {
    peer.upgrade();
    peer.awaitClose();
  }

  private static ScriptedServer.Script answers(String answer) {
    return peer -> {
      peer.readRequest();
      peer.send(Frames.utf8(answer));
      peer.awaitEnd();
    };
  }

  private static ScriptedServer.Script status(String statusLine) {
    return answers("HTTP/1.1 " + statusLine + "\r\nContent-Length: 0\r\n\r\n");
  }

  /** A host with these addresses, which is the only one there is. */
  private void useHost(String... addresses) throws Exception {
    use(NettyTransport.builder().resolver(host -> all(addresses)));
  }

  private static InetAddress[] all(String... addresses) throws java.net.UnknownHostException {
    List<InetAddress> all = new ArrayList<>();
    for (String address : addresses) {
      all.add(InetAddress.getByName(address));
    }
    return all.toArray(InetAddress[]::new);
  }

  private static URI at(ScriptedServer server) {
    return URI.create("ws://several.test:" + server.port());
  }

  @Test
  void eachAttemptBeginsWithTheNextAddress() throws Exception {
    useHost("127.0.0.1", "127.0.0.2", "::1");
    try (ScriptedServer one = ScriptedServer.startAt("127.0.0.1", 0, AddressesTest::agrees);
        ScriptedServer two =
            ScriptedServer.startAt("127.0.0.2", one.port(), AddressesTest::agrees);
        ScriptedServer three = ScriptedServer.startAt("::1", one.port(), AddressesTest::agrees)) {
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        open(at(one)).close(PATIENCE);
        seen.add(one.accepted() + " " + two.accepted() + " " + three.accepted());
      }
      assertThat(seen).containsExactly("1 0 0", "1 1 0", "1 1 1", "2 1 1");
    }
  }

  @Test
  void anAttemptBeginsOnceAgainWithTheAddressThatAMessageCameFrom() throws Exception {
    useHost("127.0.0.1", "127.0.0.2");
    ScriptedServer.Script tells =
        peer -> {
          peer.upgrade();
          peer.send(Frames.text("hello"));
          peer.awaitClose();
        };
    try (ScriptedServer one = ScriptedServer.startAt("127.0.0.1", 0, tells);
        ScriptedServer two = ScriptedServer.startAt("127.0.0.2", one.port(), tells)) {
      List<String> seen = new ArrayList<>();
      for (boolean receives : new boolean[] {true, true, false, true, true}) {
        Channel channel = open(at(one));
        if (receives) {
          assertThat(channel.receive(PATIENCE)).isNotNull();
        }
        channel.close(PATIENCE);
        seen.add(one.accepted() + " " + two.accepted());
      }
      assertThat(seen).containsExactly("1 0", "2 0", "3 0", "3 1", "3 2");
    }
  }

  @Test
  void aServerThatDoesNotTakeThePasswordEndsTheAttempt() throws Exception {
    for (String answer : List.of("401 Unauthorized", "407 Proxy Authentication Required")) {
      useHost("127.0.0.2", "127.0.0.1");
      try (ScriptedServer good = ScriptedServer.start(AddressesTest::agrees);
          ScriptedServer bad = ScriptedServer.startAt("127.0.0.2", good.port(), status(answer))) {
        assertThatThrownBy(() -> open(at(good))).isInstanceOf(Rejected.class);
        assertThat(good.accepted()).isZero();
        assertThat(bad.accepted()).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRefusalIsThrownAndAnAddressWhereNobodyListensIsSuppressed(boolean refusedFirst)
      throws Exception {
    useHost(refusedFirst ? "127.0.0.2" : "127.0.0.1", refusedFirst ? "127.0.0.1" : "127.0.0.2");
    try (ScriptedServer other = ScriptedServer.start(status("404 Not Found"));
        Socket held = new Socket()) {
      held.bind(new InetSocketAddress("127.0.0.2", other.port()));
      Rejected thrown = catchThrowableOfType(Rejected.class, () -> open(at(other)));
      assertThat(thrown.getSuppressed())
          .singleElement()
          .isInstanceOf(Unreachable.class)
          .satisfies(refused -> assertThat(refused).hasMessageContaining("/127.0.0.2:"));
    }
  }

  @Test
  void theNextAddressIsTheNextOneAlsoWhenDnsTurnsThemRound() throws Exception {
    List<InetAddress> addresses = new ArrayList<>(List.of(all("127.0.0.1", "127.0.0.2")));
    use(
        NettyTransport.builder()
            .resolver(host -> {
              InetAddress[] now = addresses.toArray(InetAddress[]::new);
              Collections.rotate(addresses, 1);
              return now;
            }));
    try (ScriptedServer one = ScriptedServer.startAt("127.0.0.1", 0, AddressesTest::agrees);
        ScriptedServer two =
            ScriptedServer.startAt("127.0.0.2", one.port(), AddressesTest::agrees)) {
      for (int i = 0; i < 4; i++) {
        open(at(one)).close(PATIENCE);
      }
      assertThat(one.accepted()).isEqualTo(2);
      assertThat(two.accepted()).isEqualTo(2);
    }
  }

  static List<Arguments> badServers() {
    return List.of(
        Arguments.of("hangs", HANGS),
        Arguments.of("ends the connection", (ScriptedServer.Script) Peer::readRequest),
        Arguments.of("resets it", (ScriptedServer.Script) Peer::reset),
        Arguments.of("speaks no HTTP", answers("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
        Arguments.of("agrees wrongly", answers("HTTP/1.1 101 Yes\r\nUpgrade: h2c\r\n\r\n")),
        Arguments.of("redirects", answers("HTTP/1.1 302 No\r\nLocation: /login\r\n\r\n")),
        Arguments.of("knows nothing of it", status("404 Not Found")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badServers")
  void theNextAddressIsTriedWhereTheFirstServer(String name, ScriptedServer.Script script)
      throws Exception {
    useHost("127.0.0.2", "127.0.0.1");
    try (ScriptedServer good = ScriptedServer.start(AddressesTest::agrees);
        ScriptedServer bad = ScriptedServer.startAt("127.0.0.2", good.port(), script)) {
      transport.open(at(good), Map.of(), FOR_TWO).close(PATIENCE);
      assertThat(bad.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theNextAddressIsTriedWhereTlsHangsOrFails(boolean hangs, @TempDir Path directory)
      throws Exception {
    Certificate certificate = Certificate.forNames(directory, "dns:several.test");
    use(
        NettyTransport.builder()
            .trust(certificate.trust())
            .resolver(host -> all("127.0.0.2", "127.0.0.1")));
    ScriptedServer.Script bad = hangs ? HANGS : peer -> peer.send(Frames.utf8("not TLS\r\n"));
    try (ScriptedServer good =
            ScriptedServer.startTls(certificate.server(), AddressesTest::agrees);
        ScriptedServer first = ScriptedServer.startAt("127.0.0.2", good.port(), bad)) {
      URI uri = URI.create("wss://several.test:" + good.port());
      transport.open(uri, Map.of(), FOR_TWO).close(PATIENCE);
      assertThat(first.accepted()).isEqualTo(1);
    }
  }

  @Test
  void theNextAddressIsTriedWhereTheFirstOneCannotBeTrusted(
      @TempDir Path directory, @TempDir Path others) throws Exception {
    Certificate certificate = Certificate.forNames(directory, "dns:several.test");
    Certificate foreign = Certificate.forNames(others, "dns:several.test");
    use(
        NettyTransport.builder()
            .trust(certificate.trust())
            .resolver(host -> all("127.0.0.2", "127.0.0.1")));
    try (ScriptedServer good =
            ScriptedServer.startTls(certificate.server(), AddressesTest::agrees);
        ScriptedServer bad =
            ScriptedServer.startTlsAt(
                "127.0.0.2", good.port(), foreign.server(), AddressesTest::agrees)) {
      open(URI.create("wss://several.test:" + good.port())).close(PATIENCE);
      assertThat(bad.accepted()).isEqualTo(1);
    }
    try (ScriptedServer bad =
        ScriptedServer.startTlsAt("127.0.0.2", 0, foreign.server(), AddressesTest::agrees)) {
      URI uri = URI.create("wss://several.test:" + bad.port());
      assertThatThrownBy(() -> open(uri)).isInstanceOf(Untrusted.class);
    }
  }

  @Test
  void whoIsBusyIsNotAskedAtAnotherAddress() throws Exception {
    useHost("127.0.0.2", "127.0.0.1");
    try (ScriptedServer good = ScriptedServer.start(AddressesTest::agrees);
        ScriptedServer busy =
            ScriptedServer.startAt("127.0.0.2", good.port(), status("503 Busy"))) {
      Rejected rejected = catchThrowableOfType(Rejected.class, () -> open(at(good)));
      assertThat(rejected.status()).isEqualTo(503);
      assertThat(good.accepted()).isZero();
      open(at(good)).close(PATIENCE);
      assertThat(good.accepted()).isEqualTo(1);
      assertThat(busy.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ofSeveralFailuresTheOneThatGotFurthestIsThrown(boolean refusedFirst) throws Exception {
    useHost(refusedFirst ? "127.0.0.2" : "127.0.0.1", refusedFirst ? "127.0.0.1" : "127.0.0.2");
    try (ScriptedServer server = ScriptedServer.start(status("401 Unauthorized"));
        Socket held = new Socket()) {
      held.bind(new InetSocketAddress("127.0.0.2", server.port()));
      assertThat(catchThrowableOfType(Rejected.class, () -> open(at(server))).status())
          .isEqualTo(401);
    }
  }

  @Test
  void aHostWithoutAddressesIsUnknown() {
    use(NettyTransport.builder().resolver(host -> new InetAddress[0]));
    assertThatThrownBy(() -> open(URI.create("ws://none.test")))
        .isInstanceOf(Unreachable.class)
        .hasMessage(
            "Cannot look up the host none.test: the lookup failed. Check the name and DNS.");
  }

  @Test
  void aProxysAddressesAreTriedInTurnToo() throws Exception {
    try (ScriptedServer second = ScriptedServer.start(status("407 No"));
        ScriptedServer first =
            ScriptedServer.startAt("127.0.0.2", second.port(), Peer::readRequest)) {
      use(
          NettyTransport.builder()
              .httpProxy("proxy.test", second.port())
              .resolver(host -> all("127.0.0.2", "127.0.0.1")));
      assertThatThrownBy(() -> open(URI.create("ws://far.test"))).isInstanceOf(Rejected.class);
      assertThat(first.accepted()).isEqualTo(1);
    }
  }

  @Test
  void aHostInAnotherScriptIsLookedUpAndSentAsDnsHasIt() throws Exception {
    CompletableFuture<String> asked = new CompletableFuture<>();
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    use(
        NettyTransport.builder()
            .resolver(host -> {
              asked.complete(host);
              return all("127.0.0.1");
            }));
    try (ScriptedServer server =
        ScriptedServer.start(peer -> {
          seen.complete(peer.upgrade());
          peer.awaitClose();
        })) {
      open(URI.create("ws://bücher.test:" + server.port())).close(PATIENCE);
      assertThat(asked).isCompletedWithValue("xn--bcher-kva.test");
      assertThat(seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).headers())
          .containsEntry("host", "xn--bcher-kva.test:" + server.port());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"%25", "%"})
  void anAddressZoneIsUsedAndNotSent(String percent) throws Exception {
    String zone = NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")).getName();
    CompletableFuture<String> asked = new CompletableFuture<>();
    CompletableFuture<Peer.Request> seen = new CompletableFuture<>();
    use(
        NettyTransport.builder()
            .resolver(host -> {
              asked.complete(host);
              return InetAddress.getAllByName(host);
            }));
    try (ScriptedServer server =
        ScriptedServer.startAt(
            "::1",
            0,
            peer -> {
              seen.complete(peer.upgrade());
              peer.awaitClose();
            })) {
      URI uri = URI.create("ws://[::1" + percent + zone + "]:" + server.port());
      open(uri).close(PATIENCE);
      assertThat(asked).isCompletedWithValue("::1%" + zone);
      assertThat(seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).headers())
          .containsEntry("host", "[::1]:" + server.port());
    }
  }

  @Test
  void aZoneThatThisMachineDoesNotHaveMeansUnreachable() {
    assertThatThrownBy(() -> open(URI.create("ws://[fe80::1%25nosuch]:1")))
        .isInstanceOf(Unreachable.class);
  }
}
