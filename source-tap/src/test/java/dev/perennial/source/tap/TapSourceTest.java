package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.port.ExponentialBackoff;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import dev.perennial.source.tap.internal.http.BasicAuth;
import dev.perennial.source.tap.internal.http.TapUri;
import java.net.ConnectException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

class TapSourceTest {

  private static final String SECRET = "pä:ss wörd\u00fc";

  private final ScriptedTransport transport = new ScriptedTransport();

  private static TransportException.Rejected rejected(int status, String body, String... header) {
    return new TransportException.Rejected(
        "rejected",
        status,
        header.length == 0 ? Map.of() : Map.of(header[0], List.of(header[1])),
        body.getBytes(StandardCharsets.UTF_8));
  }

  private Throwable failure(TapSourceBuilder builder, TransportException thrown) {
    transport.fails(thrown);
    return catchThrowable(() -> builder.build().connect());
  }

  @Test
  void everyDefault() throws Exception {
    transport.channel();
    TapSource source = TapSource.of("localhost:2480", transport);

    source.connect();

    ScriptedTransport.Opened opened = transport.opened.get(0);
    assertThat(opened.uri()).isEqualTo(URI.create("ws://localhost:2480/channel"));
    assertThat(opened.timeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(opened.headers()).containsOnlyKeys("User-Agent");
    assertThat(opened.headers().get("User-Agent")).matches("perennial/[0-9]+\\.[0-9]+.*");
    assertThat(source.redeliveryHorizon()).isEqualTo(Duration.ofMinutes(3));
    assertThat(source.name()).isEqualTo("tap");
    assertThat(source.backoff())
        .isEqualTo(new ExponentialBackoff(Duration.ofSeconds(1), Duration.ofSeconds(60), 2, 0.5));
    assertThat(source).hasToString("TapSource[ws://localhost:2480]");
  }

  @Test
  void everySetting() throws Exception {
    var channel =
        transport.channel().text(Messages.record("1").replace("\"text\"", "\"some_text\""));
    record Post(String someText) {}
    TapSource source =
        TapSource.builder(transport)
            .uri("wss://example.org")
            .userAgent("mine/1")
            .header("X-Key", "k")
            .connectTimeout(Duration.ofSeconds(3))
            .redeliveryHorizon(Duration.ofSeconds(30))
            .mapper(
                JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build())
            .build();

    var connection = source.connect();

    ScriptedTransport.Opened opened = transport.opened.get(0);
    assertThat(opened.uri()).isEqualTo(URI.create("wss://example.org/channel"));
    assertThat(opened.timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(opened.headers())
        .containsOnly(Map.entry("User-Agent", "mine/1"), Map.entry("X-Key", "k"));
    assertThat(source.redeliveryHorizon()).isEqualTo(Duration.ofSeconds(30));
    var received =
        (dev.perennial.port.Received.Event<TapEvent, TapPosition>)
            connection.receive(Duration.ZERO);
    assertThat(((TapRecord) received.event()).recordAs(Post.class)).contains(new Post("hi"));
    assertThat(channel.sent).isEmpty();
  }

  @Test
  @DisplayName(
      "auth-header: Basic, preemptively, of the UTF-8 bytes, in standard base64 with padding")
  void authHeader() throws Exception {
    transport.channel();

    TapSource.builder(transport).password(SECRET).build().connect();

    assertThat(transport.opened.get(0).headers())
        .containsEntry("Authorization", "Basic YWRtaW46cMOkOnNzIHfDtnJkw7w=");
    assertThat(Base64.getDecoder().decode("YWRtaW46cMOkOnNzIHfDtnJkw7w="))
        .isEqualTo(("admin:" + SECRET).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  @DisplayName("auth-header: not the URL alphabet")
  void authHeaderAlphabet() throws Exception {
    transport.channel();

    TapSource.builder(transport).password("??>>ÿÿ~~").build().connect();

    assertThat(transport.opened.get(0).headers().get("Authorization"))
        .containsPattern("[+/]")
        .doesNotContain("-", "_");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("401-terminal: a typed error that is not retried")
  void unauthorized(boolean withPassword) {
    TapSourceBuilder builder = TapSource.builder(transport);
    if (withPassword) {
      builder.password(SECRET);
    }

    Throwable failure =
        failure(
            builder,
            rejected(
                401,
                "{\"error\":\"Unauthorized\",\"message\":\"atproto admin auth required\"}",
                "www-authenticate",
                "Basic realm=\"admin\", charset=\"UTF-8\""));

    assertThat(failure)
        .isInstanceOfSatisfying(
            TapException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(TapException.Reason.UNAUTHORIZED);
              assertThat(e.status()).isEqualTo(401);
              assertThat(e.challenge()).contains("Basic realm=\"admin\", charset=\"UTF-8\"");
              assertThat(e)
                  .hasMessageContaining("ws://localhost:2480")
                  .hasMessageContaining(withPassword ? "is wrong" : "none was given")
                  .hasMessageContaining("password()");
            });
    assertThat(builder.build().errors().classify(failure)).contains(Verdict.refused());
  }

  @Test
  @DisplayName("webhook-mode-400: a typed error of its own that is not retried")
  void webhookMode() {
    TapSourceBuilder builder = TapSource.builder(transport);

    Throwable failure =
        failure(
            builder, rejected(400, "{\"message\":\"websocket not available in webhook mode\"}\n"));

    assertThat(failure)
        .isInstanceOfSatisfying(
            TapException.class,
            e -> assertThat(e.reason()).isEqualTo(TapException.Reason.WEBHOOK_MODE))
        .hasMessageContaining("--webhook-url");
    assertThat(builder.build().errors().classify(failure)).contains(Verdict.refused());
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 301, 302, 400, 403, 404, 405, 410, 415, 426, 431})
  void otherRefusals(int status) {
    TapSourceBuilder builder = TapSource.builder(transport);

    Throwable failure = failure(builder, rejected(status, "Bad Request\r\nX"));

    assertThat(failure)
        .isInstanceOfSatisfying(
            TapException.class, e -> assertThat(e.reason()).isEqualTo(TapException.Reason.REFUSED))
        .hasMessageContaining("status " + status)
        .hasMessageContaining("\"Bad Request\\u000d\\u000aX\"");
    assertThat(((TapException) failure).status()).isEqualTo(status);
    assertThat(builder.build().errors().classify(failure)).contains(Verdict.refused());
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void passingRefusalsAreRetried(int status) {
    TapSourceBuilder builder = TapSource.builder(transport);

    Throwable failure = failure(builder, rejected(status, "", "retry-after", "7"));

    assertThat(failure).isInstanceOf(TransportException.Rejected.class);
    assertThat(builder.build().errors().classify(failure))
        .contains(Verdict.retryAfter(Duration.ofSeconds(7)));
  }

  @Test
  void networkFailuresAreRetriedAndUntrustedServersAreNot() {
    TapSource source = TapSource.of("localhost:2480", transport);

    assertThat(source.errors().classify(new TransportException.Unreachable("refused", null)))
        .contains(Verdict.retry());
    assertThat(source.errors().classify(new ConnectException())).contains(Verdict.retry());
    assertThat(source.errors().classify(new TransportException.Untrusted("expired", null)))
        .contains(Verdict.refused());
    assertThat(source.errors().classify(new IllegalStateException())).isEmpty();
  }

  @ParameterizedTest
  @DisplayName("url-forms: every scheme, trailing slashes and prefixes lead to single-slash paths")
  @CsvSource({
    "localhost:2480, ws://localhost:2480/channel, http://localhost:2480/x",
    "localhost, ws://localhost:2480/channel, http://localhost:2480/x",
    "localhost/, ws://localhost:2480/channel, http://localhost:2480/x",
    "localhost:, ws://localhost:2480/channel, http://localhost:2480/x",
    "example.org/tap, ws://example.org:2480/tap/channel, http://example.org:2480/tap/x",
    "ws://localhost, ws://localhost/channel, http://localhost/x",
    "ws://localhost:2480/channel, ws://localhost:2480/channel, http://localhost:2480/x",
    "ws://localhost:2480/channel/, ws://localhost:2480/channel, http://localhost:2480/x",
    "localhost/channel, ws://localhost:2480/channel, http://localhost:2480/x",
    "https://h/tap/channel, wss://h/tap/channel, https://h/tap/x",
    "https://h/tap//channel//, wss://h/tap/channel, https://h/tap/x",
    "https://h/channel/channel, wss://h/channel/channel, https://h/channel/x",
    "https://h/mychannel, wss://h/mychannel/channel, https://h/mychannel/x",
    "https://h/Channel, wss://h/Channel/channel, https://h/Channel/x",
    "bücher.test, ws://xn--bcher-kva.test:2480/channel, http://xn--bcher-kva.test:2480/x",
    "wss://b%C3%BCcher.test, wss://xn--bcher-kva.test/channel, https://xn--bcher-kva.test/x",
    "ws://[fe80:0:0:0:0:0:0:1]:1, ws://[fe80:0:0:0:0:0:0:1]:1/channel, http://[fe80:0:0:0:0:0:0:1]:1/x",
    "[fe80::1%25eth0], ws://[fe80::1%25eth0]:2480/channel, http://[fe80::1%eth0]:2480/x",
    "ws://[fe80::1%eth0]:1, ws://[fe80::1%25eth0]:1/channel, http://[fe80::1%eth0]:1/x",
    "ws://[::1%25lo]:1, ws://[::1%25lo]:1/channel, http://[::1]:1/x",
    "ws://h:1, ws://h:1/channel, http://h:1/x",
    "ws://h:1/, ws://h:1/channel, http://h:1/x",
    "ws://h:1//, ws://h:1/channel, http://h:1/x",
    "http://h:1, ws://h:1/channel, http://h:1/x",
    "HTTP://h:1/, ws://h:1/channel, http://h:1/x",
    "wss://h, wss://h/channel, https://h/x",
    "https://h/tap, wss://h/tap/channel, https://h/tap/x",
    "https://h/tap/, wss://h/tap/channel, https://h/tap/x",
    "https://h//a//b%20c/, wss://h/a/b%20c/channel, https://h/a/b%20c/x",
    "h:1/tap, ws://h:1/tap/channel, http://h:1/tap/x",
    "127.0.0.1:2480, ws://127.0.0.1:2480/channel, http://127.0.0.1:2480/x",
    "[::1]:2480, ws://[::1]:2480/channel, http://[::1]:2480/x",
    "[::1], ws://[::1]:2480/channel, http://[::1]:2480/x",
    "tap_server:2480, ws://tap_server:2480/channel, http://tap_server:2480/x",
    "h:1, ws://h:1/channel, http://h:1/x",
    "h:65535, ws://h:65535/channel, http://h:65535/x"
  })
  void urlForms(String given, URI channel, URI management) throws Exception {
    transport.channel();

    TapSource.of(given, transport).connect();

    assertThat(transport.opened.get(0).uri()).isEqualTo(channel);
    assertThat(TapUri.parse(given).management("/x")).isEqualTo(management);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "ws://",
        "://h",
        "ftp://h",
        "ws:h",
        "h:port",
        "h:0",
        "h:65536",
        "h:70000",
        "h:1:2",
        ":2480",
        "a b:2480",
        "a%20b:2480",
        "ü..h",
        "ws://h:1/%zz"
      })
  @DisplayName("url-forms: anything else is refused at once")
  void wrongUrls(String given) {
    assertThatThrownBy(() -> TapSource.of(given, transport))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Give an address such as localhost:2480.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ws://admin:s3cret@h:1",
        "admin:s3cret@h",
        "ws://h:1/?key=s3cret",
        "h:1#s3cret",
        "h:0/s3cret",
        "ftp://h/s3cret",
        "h:1/s3cret/%zz"
      })
  void urlsWithSecretsAreRefusedWithoutRepeatingThem(String given) {
    assertThatThrownBy(() -> TapSource.of(given, transport))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("s3cret");
  }

  @ParameterizedTest
  @CsvSource({
    "ws://h:1, ws://h:1/channel",
    "https://h/tap, wss://h/tap/channel",
    "https://h/tap/v2/channel, wss://h/tap/v2/channel",
    "https://h/tap/0aB3xyz/x, wss://h/tap/…/x/channel",
    "https://h/a%20b, wss://h/…/channel",
  })
  @DisplayName("url-forms: a refusal shows the path asked for, but for what may be a secret")
  void refusedPath(String given, String shown) {
    for (int status : new int[] {302, 400, 403, 404, 410}) {
      assertThat(failure(TapSource.builder(transport).uri(given), rejected(status, "")))
          .hasMessage(
              "Cannot open Tap's event channel at "
                  + shown
                  + ": the server answered with status "
                  + status
                  + ". Check that it is the address of a Tap.");
    }
  }

  @Test
  void redirectsShowWhereTo() {
    TapSourceBuilder builder = TapSource.builder(transport).header("X-Key", "t0ken");

    assertThat(failure(builder, rejected(302, "", "location", "https://me:s3cret@h/t0ken?s3cret")))
        .isInstanceOfSatisfying(
            TapException.class, e -> assertThat(e.reason()).isEqualTo(TapException.Reason.REFUSED))
        .hasMessageContaining("status 302, which points to https://h/***.")
        .hasMessageNotContaining("s3cret");
  }

  @ParameterizedTest
  @ValueSource(ints = {302, 400, 401, 403, 407})
  @DisplayName("a proxy's refusal is not taken for Tap's, whatever its status")
  void refusedByProxy(int status) {
    TapSourceBuilder builder = TapSource.builder(transport);
    String refused = "the proxy http://proxy:1 refused a tunnel with status " + status;

    Throwable failure =
        failure(
            builder,
            TransportException.Rejected.byProxy("http://proxy:1", refused, status, Map.of()));

    assertThat(failure)
        .isInstanceOfSatisfying(
            TapException.class, e -> assertThat(e.reason()).isEqualTo(TapException.Reason.REFUSED))
        .hasMessage(
            "Cannot open Tap's event channel at ws://localhost:2480/channel: the proxy http://proxy:1"
                + " answered with status "
                + status
                + ". Check the proxy's settings.");
  }

  @Test
  void pathsAreNeverShown() {
    TapSourceBuilder builder = TapSource.builder(transport).uri("https://h:1/s3cret/tap");

    for (Object shown :
        List.of(
            builder,
            builder.build(),
            TapUri.parse("h/s3cret"),
            TapUri.parse("h/s3cret").shown("/x"),
            TapAdmin.of("h/s3cret"),
            TapAdmin.builder().uri("h/s3cret"),
            failure(builder, rejected(401, "")),
            failure(builder, rejected(400, "webhook mode")),
            failure(builder, rejected(404, "")))) {
      assertThat(shown.toString()).contains("h").doesNotContain("s3cret");
    }
  }

  @Test
  void secretsAreNeverShown() {
    TapSourceBuilder builder =
        TapSource.builder(transport).password(SECRET).header("X-Key", "s3cret");
    String encoded =
        Base64.getEncoder().encodeToString(("admin:" + SECRET).getBytes(StandardCharsets.UTF_8));

    Throwable refused =
        failure(
            builder, rejected(404, "you sent Basic " + encoded + " for " + SECRET + ", s3cret"));
    Throwable unauthorized =
        failure(
            builder, rejected(401, SECRET, "www-authenticate", "Basic realm=\"" + SECRET + "\""));

    assertThat(refused).hasMessageContaining("you sent *** for ***, ***");
    assertThat(((TapException) unauthorized).challenge()).contains("Basic realm=\"***\"");
    for (Object shown :
        List.of(builder, builder.build(), refused, unauthorized, new BasicAuth(SECRET))) {
      assertThat(shown.toString()).doesNotContain(SECRET, encoded, "s3cret");
    }
  }

  @Test
  void headersOfTheCallersAreNeverShown() {
    TapSourceBuilder builder =
        TapSource.builder(transport)
            .header("Authorization", "Bearer t0ken")
            .header("X-Key", "t0ken-and-more")
            .userAgent("mine/1");

    assertThat(failure(builder, rejected(404, "mine/1: t0ken, t0ken-and-more, Bearer t0ken")))
        .hasMessageContaining("mine/1: ***, ***, ***");
  }

  @Test
  void builderMakesManySources() throws Exception {
    transport.channel();
    transport.channel();
    TapSourceBuilder builder = TapSource.builder(transport).password("a");
    TapSource first = builder.build();
    TapSource second = builder.uri("other:1").password("b").header("X-Key", "k").build();

    first.connect();
    second.connect();

    assertThat(first).isNotSameAs(second);
    assertThat(transport.opened.get(0).uri()).hasHost("localhost");
    assertThat(transport.opened.get(0).headers()).doesNotContainKey("X-Key");
    assertThat(transport.opened.get(0).headers().get("Authorization"))
        .isNotEqualTo(transport.opened.get(1).headers().get("Authorization"));
    assertThat(transport.opened.get(1).uri()).hasHost("other");
  }

  @Test
  void neverClosesTheTransport() throws Exception {
    transport.channel();
    TapSource source = TapSource.of("localhost:2480", transport);
    source.connect().close(Duration.ZERO);

    source.close();

    assertThat(transport.closed).isFalse();
  }

  @Test
  void headersAreCaseInsensitiveAndTheLastCounts() throws Exception {
    transport.channel();

    TapSource.builder(transport)
        .header("x-key", "1")
        .header("X-KEY", "2")
        .header("user-agent", "u")
        .build()
        .connect();

    assertThat(transport.opened.get(0).headers())
        .containsOnly(Map.entry("X-KEY", "2"), Map.entry("user-agent", "u"));
  }

  @Test
  void wrongSettingsAreRefusedAtOnce() {
    TapSourceBuilder builder = TapSource.builder(transport);

    assertThatThrownBy(() -> builder.connectTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("connectTimeout");
    assertThatThrownBy(() -> builder.redeliveryHorizon(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("redeliveryHorizon");
    assertThatThrownBy(() -> builder.header("X Key", "s3cret"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("s3cret");
    for (String host : List.of("straße.test", "wss://stra%C3%9Fe.test", "νόμος.test")) {
      assertThatThrownBy(() -> builder.uri(host).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("xn--");
    }
    for (String reserved : List.of("Host", "upgrade", "Sec-WebSocket-Key", "Proxy-Authorization")) {
      assertThatThrownBy(() -> builder.header(reserved, "v"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(reserved);
    }
    assertThatThrownBy(() -> builder.header("", "v")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.header("X-Key", "s3cret\r\nEvil: 1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("X-Key")
        .hasMessageNotContaining("s3cret");
    for (String wrong : List.of("\u0001", "\u0000", "\u001f", "\u007f", "\u0100", "€", "\n")) {
      assertThatThrownBy(() -> builder.header("X-Key", "s3cret" + wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("X-Key")
          .hasMessageNotContaining("s3cret");
    }
    builder.header("X-Key", "a tab\t and ü");
    assertThatThrownBy(() -> builder.header("authorization", "Bearer s3cret").password("x").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("both a password and the header Authorization")
        .hasMessageNotContaining("s3cret");
  }
}
