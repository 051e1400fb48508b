package dev.perennial.transport.netty.internal.open;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.perennial.transport.netty.NettyTransport;
import dev.perennial.transport.netty.internal.address.WebSocketUri;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The checks of a request before any network access. */
class RequestChecksTest {

  private static final WebSocketUri TARGET = WebSocketUri.of(URI.create("ws://host"));

  @ParameterizedTest
  @CsvSource({
    "ws://host,                   ws://host,          host, 80, /,",
    "WS://Host/,                  ws://Host,          Host, 80, /,",
    "ws://host:2480/channel,      ws://host:2480,     host, 2480, /channel",
    "wss://host?a=b,              wss://host,         host, 443, /?a=b",
    "wss://host:443/x,            wss://host,         host, 443, /x",
    "ws://host:443,               ws://host:443,      host, 443, /",
    "ws://[::1]:7/x,              ws://[::1]:7,       ::1,  7,   /x",
    "ws://under_score:7/x,        ws://under_score:7, under_score, 7, /x",
    "ws://host/ü,                 ws://host,          host, 80, /%C3%BC",
    "ws://host:/x,                ws://host,          host, 80, /x",
    "ws://[fe80::1%25eth0]:7/x,   ws://[fe80::1]:7,   fe80::1, 7, /x",
    "ws://[fe80:0:0:0:0:0:0:1]/,  ws://[fe80:0:0:0:0:0:0:1], fe80:0:0:0:0:0:0:1, 80, /",
    "ws://bücher.test/x,          ws://xn--bcher-kva.test, xn--bcher-kva.test, 80, /x",
    "ws://b%C3%BCcher.test:7,     ws://xn--bcher-kva.test:7, xn--bcher-kva.test, 7, /",
    "ws://例え.test,               ws://xn--r8jz45g.test, xn--r8jz45g.test, 80, /",
  })
  void aUriNamesAHostAPortAndAResource(
      URI uri, String shown, String host, int port, String resource) {
    WebSocketUri target = WebSocketUri.of(uri);
    assertThat(target).hasToString(shown);
    assertThat(target.host()).isEqualTo(host);
    assertThat(target.port()).isEqualTo(port);
    assertThat(target.resource()).isEqualTo(resource);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://secret/",
        "secret:hunter2@host:80",
        "//secret/x",
        "ws:secret",
        "ws:///secret",
        "ws://secret:hunter2@host/",
        "ws://secret@host/",
        "ws://host/secret#fragment",
        "ws://host:0/secret",
        "ws://host:65536/secret",
        "ws://host:99999999999/secret",
        "ws://host:secret/",
        "ws://secret%20host/",
        "ws://secret%0d%0ahost/",
        "ws://secret%2Fhost/",
        "ws://ü..secret/",
      })
  void anythingElseIsRefusedWithoutRepeatingIt(String uri) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WebSocketUri.of(URI.create(uri)))
        .withMessageContaining("WebSocket")
        .satisfies(e -> {
          assertThat(e.getMessage()).doesNotContain("secret").doesNotContain("hunter2");
          assertThat(e.getCause()).isNull();
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"straße.test", "stra%C3%9Fe.test", "νόμος.test", "a%E2%80%8Cb.test"})
  void aNameThatClientsWriteDifferentlyIsRefused(String host) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WebSocketUri.of(URI.create("wss://" + host)))
        .withMessageContaining("xn--");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host",
        "UPGRADE",
        "Connection",
        "Sec-WebSocket-Key",
        "sec-websocket-extensions",
        "Sec-WebSocket-Anything",
        "Content-Length",
        "Transfer-Encoding",
        "Proxy-Authorization",
      })
  void headersOfTheHandshakeItselfAreRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HandshakeHeaders.of(TARGET, Map.of(name, "secret")))
        .withMessageContaining(name)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:b", "a\r\nb", "ä"})
  void namesThatHttpDoesNotAllowAreRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HandshakeHeaders.of(TARGET, Map.of(name, "x")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"secret\r\nX: y", "secret\n", "secret\u0000", "secret€", "secret\u007F"})
  void valuesThatHttpDoesNotAllowAreRefusedWithoutRepeatingThem(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HandshakeHeaders.of(TARGET, Map.of("Authorization", value)))
        .withMessageContaining("Authorization")
        .withMessageNotContaining("secret");
  }

  @Test
  void ordinaryHeadersPassAndTheHostIsAdded() {
    HttpHeaders headers =
        HandshakeHeaders.of(TARGET, Map.of("Authorization", "Basic x", "X-Tab", "a\tb é"));
    assertThat(headers.get("authorization")).isEqualTo("Basic x");
    assertThat(headers.get("x-tab")).isEqualTo("a\tb é");
    assertThat(headers.get("host")).isEqualTo("host");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void aTimeoutIsOverZero(long seconds) {
    try (NettyTransport transport = NettyTransport.create()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() ->
              transport.open(
                  URI.create("ws://127.0.0.1:1"), Map.of(), Duration.ofSeconds(seconds)));
    }
  }
}
