package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {

  private static final String PASSWORD = "pass:wörd";

  @ParameterizedTest
  @ValueSource(strings = {"/channel", "/health", "/repos/add", "/unknown", "/"})
  void asksForThePasswordOnEveryPath(String path) throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password(PASSWORD).start();
        RawClient client = new RawClient(tap.port())) {
      RawClient.Response response = client.request("GET", path, "");
      assertThat(response.status()).isEqualTo(401);
      assertThat(response.head())
          .containsIgnoringCase("www-authenticate: Basic realm=\"admin\", charset=\"UTF-8\"\r\n")
          .containsIgnoringCase("content-type: application/json\r\n");
      assertThat(response.body())
          .isEqualTo(
              "{\"error\":\"Unauthorized\",\"message\":\"atproto admin auth required, but missing or"
                  + " incorrect password\"}\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Basic", "Basic !", "Bearer x"})
  void refusesMalformedCredentials(String header) throws Exception {
    assertThat(upgrade(PASSWORD, "Authorization: " + header)).isEqualTo(401);
  }

  @Test
  void acceptsOnlyThePasswordOfAdmin() throws Exception {
    assertThat(upgrade(PASSWORD, basic("admin:" + PASSWORD))).isEqualTo(101);
    assertThat(upgrade(PASSWORD, basic("root:" + PASSWORD))).isEqualTo(401);
    assertThat(upgrade(PASSWORD, basic("admin:pass"))).isEqualTo(401);
    assertThat(upgrade(PASSWORD, basic("admin:" + PASSWORD + "x"))).isEqualTo(401);
  }

  @Test
  void needsNoPasswordIfNoneIsSet() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        RawClient client = new RawClient(tap.port())) {
      assertThat(client.upgrade("/channel").status()).isEqualTo(101);
    }
  }

  @Test
  void acceptsTheKeyOfTheSpecification() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        RawClient client = new RawClient(tap.port())) {
      String head =
          client.upgrade("/channel", "Sec-WebSocket-Extensions: permessage-deflate").head();
      assertThat(head)
          .containsIgnoringCase("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
          .doesNotContainIgnoringCase("sec-websocket-extensions")
          .doesNotContainIgnoringCase("sec-websocket-protocol");
    }
  }

  @Test
  void refusesConnectionsInWebhookMode() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().mode(DeliveryMode.WEBHOOK).start();
        RawClient client = new RawClient(tap.port())) {
      RawClient.Response response = client.upgrade("/channel");
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.body())
          .isEqualTo("{\"message\":\"websocket not available in webhook mode\"}\n");
    }
  }

  @Test
  void answersARequestForNoUpgradeInPlainText() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().start();
        RawClient client = new RawClient(tap.port())) {
      RawClient.Response response = client.request("GET", "/channel", "");
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.body()).isEqualTo("Bad Request\n");
      assertThat(response.head()).containsIgnoringCase("content-type: text/plain; charset=utf-8");
      assertThat(client.request("POST", "/channel", "").status()).isEqualTo(405);
    }
  }

  @Test
  void recordsHandshakes() throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password(PASSWORD).start()) {
      try (RawClient client = new RawClient(tap.port())) {
        client.upgrade("/channel?x=1", "User-Agent: me");
      }
      try (RawClient client = RawClient.connect(tap, basic("admin:" + PASSWORD))) {
        assertThat(tap.connectionsOpened()).isEqualTo(1);
      }
      assertThat(tap.handshakes()).hasSize(2);
      Handshake first = tap.handshakes().get(0);
      assertThat(first.target()).isEqualTo("/channel?x=1");
      assertThat(first.header("user-agent")).isEqualTo("me");
      assertThat(first.header("Authorization")).isEmpty();
      assertThat(tap.handshakes().get(1).header("authorization")).startsWith("Basic ");
      assertThat(tap.handshakes().get(1)).hasToString("Handshake[/channel]");
    }
  }

  private static int upgrade(String password, String header) throws Exception {
    try (TapSimulator tap = TapSimulator.builder().password(password).start();
        RawClient client = new RawClient(tap.port())) {
      return client.upgrade("/channel", header).status();
    }
  }

  private static String basic(String userAndPassword) {
    return "Authorization: Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }
}
