package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.port.TransportException.Rejected;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of this module's error messages, read from a sample of them. */
class MessageFormTest extends TapAdminFixture {

  private static final String CREDENTIAL = "s3cret";

  private static TapSourceBuilder source() {
    return TapSource.builder(new ScriptedTransport());
  }

  static Stream<ThrowingCallable> refusedSettings() {
    return Stream.of(
        () -> source().uri("ftp://host"),
        () -> source().uri("admin:s3cret@host"),
        () -> source().uri("host/?key=s3cret"),
        () -> source().uri("straße"),
        () -> source().uri("host:0"),
        () -> source().connectTimeout(Duration.ZERO),
        () -> source().redeliveryHorizon(Duration.ofMillis(-1500)),
        () -> source().reconnectWhenIdle(Duration.ZERO),
        () -> source().header("no name", "s3cret"),
        () -> source().header("X-Key", "s3cret\n"),
        () -> source().header("Host", "s3cret"),
        () -> source().header("Proxy-Authorization", "s3cret"),
        () -> source().header("Authorization", "s3cret").password("s3cret").build(),
        () -> TapAdmin.builder().requestTimeout(Duration.ZERO),
        () -> TapAdmin.of("tap_server"),
        () -> TapAdmin.of("localhost").info("alice.test"),
        () -> TapAdmin.of("localhost").info("did:plc:" + "a".repeat(3000)));
  }

  @ParameterizedTest
  @MethodSource("refusedSettings")
  void settings(ThrowingCallable setting) {
    assertForm(catchThrowable(setting));
  }

  @ParameterizedTest
  @ValueSource(ints = {302, 400, 401, 403, 404})
  void refusals(int status) {
    byte[] body = "webhook mode refuses s3cret".getBytes(StandardCharsets.UTF_8);
    Map<String, List<String>> headers = Map.of("location", List.of("http://me:s3cret@other/"));
    Rejected proxys = Rejected.byProxy("http://proxy:1", "refused", status, headers);
    for (Rejected rejected : List.of(new Rejected("rejected", status, headers, body), proxys)) {
      ScriptedTransport transport = new ScriptedTransport();
      TapSourceBuilder builder = TapSource.builder(transport).header("X-Key", CREDENTIAL);
      transport.fails(rejected);
      assertForm(catchThrowable(() -> builder.build().connect()));
      transport.fails(rejected);
      assertForm(catchThrowable(() -> builder.password(CREDENTIAL).build().connect()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {202, 302, 400, 401, 404, 415, 500})
  void managementAnswers(int status) {
    answers(status, "{\"message\":\"refuses s3cret\"}");
    location = "http://me:s3cret@other/";
    assertForm(catchThrowable(() -> builder().password(CREDENTIAL).build().health()));
    assertForm(catchThrowable(() -> builder().header("X-Key", CREDENTIAL).build().health()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s3cret", "[]", "{}", "{\"status\":1}"})
  void unreadableAnswers(String body) {
    answers(200, body);
    assertForm(catchThrowable(() -> builder().password(CREDENTIAL).build().health()));
  }

  @Test
  void aManagementApiThatIsNotThere() {
    server.stop(0);
    assertForm(catchThrowable(() -> admin.health()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{{{", "[]", "{\"id\":1,\"type\":\"identity\"}", "{\"id\":-1}"})
  @DisplayName("a message that cannot be decoded, and one that is not a tree")
  void messages(String message) {
    TapMalformed malformed = (TapMalformed) TapEvent.parse(message);
    assertForm(malformed.cause());
    if (message.startsWith("{{")) {
      assertForm(catchThrowable(malformed::json));
    }
  }

  @Test
  void payloads() {
    TapRecord record = (TapRecord) TapEvent.parse(Messages.record("1"));
    assertForm(catchThrowable(() -> record.recordAs(Integer.class)));
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
