package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.source.tap.internal.http.BasicAuth;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

class TapWebhookTest {

  private static final String PASSWORD = "pä:ss";
  private static final byte[] BODY = Messages.record("1").getBytes(StandardCharsets.UTF_8);

  private final TapWebhook webhook = TapWebhook.withPassword(PASSWORD);
  private final List<TapEvent> handled = new ArrayList<>();

  @Test
  @DisplayName("admin-api: a webhook answers 200 once the handler has returned")
  void answersAfterTheHandler() {
    int status = webhook.receive(new BasicAuth(PASSWORD).header(), BODY, handled::add);

    assertThat(status).isEqualTo(200);
    assertThat(handled).containsExactly(TapEvent.parse(BODY));
  }

  @Test
  @DisplayName("admin-api: a webhook whose handler throws has no status to answer with")
  void handlerThrows() {
    assertThatThrownBy(() ->
            webhook.receive(
                new BasicAuth(PASSWORD).header(),
                BODY,
                event -> {
                  throw new IOException("full");
                }))
        .isInstanceOf(IOException.class)
        .hasMessage("full");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "Basic",
        "Basic ",
        "Basic !",
        "Bearer YWRtaW46cMOkOnNz",
        "Basic YWRtaW46",
        "Basic YWRtaW46cMOkOnN6",
        "Basic cm9vdDpww6Q6c3M="
      })
  @DisplayName("admin-api: a webhook calls no handler without the password")
  void unauthorized(String header) {
    assertThat(webhook.receive(header, BODY, handled::add)).isEqualTo(401);
    assertThat(handled).isEmpty();
  }

  @Test
  void schemeIsCaseInsensitive() {
    assertThat(webhook.isAuthorized("basic YWRtaW46cMOkOnNz")).isTrue();
    assertThat(webhook.isAuthorized("Basic YWRtaW46cMOkOnNz")).isTrue();
  }

  @Test
  void withoutPasswordTakesAnything() {
    assertThat(TapWebhook.withoutPassword().receive(null, BODY, handled::add)).isEqualTo(200);
    assertThat(handled).hasSize(1);
  }

  @Test
  void malformedBodyIsAnEvent() {
    webhook.receive(new BasicAuth(PASSWORD).header(), new byte[] {(byte) 0xff, 0}, handled::add);

    assertThat(handled).singleElement().isInstanceOf(TapMalformed.class);
  }

  @Test
  void ownMapper() {
    record Post(String someText) {}
    TapWebhook mapping =
        TapWebhook.withoutPassword()
            .mapper(
                JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build());

    TapRecord event =
        (TapRecord)
            mapping.decode(
                Messages.record("1")
                    .replace("\"text\"", "\"some_text\"")
                    .getBytes(StandardCharsets.UTF_8));

    assertThat(event.recordAs(Post.class)).contains(new Post("hi"));
  }

  @Test
  void toStringHasNoPassword() {
    assertThat(webhook.toString()).isEqualTo("TapWebhook");
  }
}
