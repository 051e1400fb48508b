package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.source.tap.TapAdminException.Reason;
import dev.perennial.source.tap.internal.http.TapUri;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TapAdminErrorsTest extends TapAdminFixture {

  @ParameterizedTest
  @CsvSource({
    "400,BAD_REQUEST",
    "401,UNAUTHORIZED",
    "404,NOT_FOUND",
    "415,UNSUPPORTED_MEDIA_TYPE",
    "500,SERVER_ERROR",
    "502,SERVER_ERROR",
    "403,UNEXPECTED_STATUS",
    "301,UNEXPECTED_STATUS",
    "202,UNEXPECTED_STATUS"
  })
  @DisplayName("admin-api: every status mapped, with the server's words")
  void statuses(int status, Reason reason) {
    answers(status, "{\"message\":\"repo not found\"}");

    TapAdminException failure =
        catchThrowableOfType(TapAdminException.class, () -> admin.info("did:plc:a"));

    assertThat(failure.reason()).isEqualTo(reason);
    assertThat(failure.status()).isEqualTo(OptionalInt.of(status));
    assertThat(failure)
        .hasMessageContaining("/info/did:plc:a")
        .hasMessageContaining("status " + status)
        .hasMessageContaining("repo not found");
    assertThat(
            catchThrowableOfType(TapAdminException.class, () -> admin.addRepos(dids(1))).reason())
        .isEqualTo(reason);
  }

  @Test
  @DisplayName("admin-api: a reason's tag is its name in lower case")
  void tags() {
    assertThat(Reason.values())
        .allSatisfy(reason ->
            assertThat(reason.tag())
                .isEqualTo(reason.name().toLowerCase(Locale.ROOT).replace('_', '-')));
  }

  @Test
  @DisplayName("admin-api: a redirect says where to, without what may be secret")
  void redirects() {
    location = "https://me:s3cret@login.test/in?token=s3cret";
    answers(302, "");

    assertThatThrownBy(() -> admin.health())
        .hasMessageContaining("status 302, which points to https://login.test/in")
        .hasMessageNotContaining("s3cret");
  }

  @Test
  @DisplayName("admin-api: an error that is not JSON is shown as it is")
  void errorInPlainText() {
    answers(502, "<html>Bad\nGateway");

    assertThatThrownBy(() -> admin.health()).hasMessageContaining("<html>Bad\\u000aGateway");
  }

  @Test
  void secretsAreNeverShown() {
    answers(401, "{\"message\":\"not " + SECRET + " nor YWRtaW46cMOkOnNz\"}");
    TapAdminBuilder builder = builder().password(SECRET);

    TapAdminException failure =
        catchThrowableOfType(TapAdminException.class, () -> builder.build().health());

    assertThat(failure)
        .hasMessageContaining("not *** nor ***")
        .hasMessageContaining("The password is wrong");
    assertThat(builder.toString() + builder.build()).doesNotContain(SECRET, "YWRtaW46cMOkOnNz");
  }

  @Test
  void headersThatTheClientRefusesAreNeverShown() {
    assertThatThrownBy(() -> builder().header("X-Key", "s3cret\u0001").build().health())
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> assertThat(stackTrace(e)).contains("X-Key").doesNotContain("s3cret"));
    assertThatThrownBy(() ->
            new AdminHttp(
                HttpClient.newHttpClient(),
                TapUri.DEFAULT,
                Map.of("X-Key", "s3cret\u0001"),
                null,
                Duration.ofSeconds(1)))
        .as("should the client be stricter than we are")
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> assertThat(stackTrace(e)).contains("X-Key").doesNotContain("s3cret"));
  }

  /** What the JDK's client reads of an address is less than what a transport reads. */
  @Test
  void hostsThatTheClientRefusesAreToldWhenItIsMade() {
    assertThatThrownBy(() -> TapAdmin.of("tap_server:2480/s3cret"))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e ->
            assertThat(stackTrace(e))
                .contains("http://tap_server:2480", "underscores")
                .doesNotContain("s3cret"));
  }

  @Test
  void headersAndPathsAreNeverShown() {
    answers(500, "{\"message\":\"who is t0ken of us\"}");
    TapAdmin proxied =
        builder()
            .uri("127.0.0.1:" + server.getAddress().getPort() + "/tap/pr3fix/channel")
            .header("X-Key", "t0ken")
            .build();

    assertThatThrownBy(proxied::health)
        .hasMessageContaining("/tap/…/health: Tap answered")
        .hasMessageContaining("who is *** of")
        .hasMessageNotContaining("pr3fix");
  }

  @Test
  void longDidsAreRefusedInsteadOfOverflowingTheStack() {
    String longest = "did:web:" + "a".repeat(2_040);
    answers(200, "{}");

    assertThatThrownBy(() -> admin.resolve(longest + "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2049");
    assertThatThrownBy(() -> admin.addRepos(List.of("did:web:" + "%41".repeat(1_000_000))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatCode(() -> admin.addRepos(List.of(longest))).doesNotThrowAnyException();
  }

  private static String stackTrace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nope",
        "[]",
        "{}",
        "{\"repo_count\":\"1\"}",
        "{\"repo_count\":1.5}",
        "{\"repo_count\":1e30}"
      })
  @DisplayName("admin-api: an answer that is not Tap's is an error")
  void unreadable(String answer) {
    answers(200, answer);

    TapAdminException failure =
        catchThrowableOfType(TapAdminException.class, () -> admin.repoCount());

    assertThat(failure.reason()).isEqualTo(Reason.UNREADABLE);
    assertThat(failure).hasMessageContaining("/stats/repo-count");
  }

  @Test
  @DisplayName("admin-api: an answer without end is cut off")
  void endlessAnswer() {
    answers(200, "x".repeat(5_000_000));

    assertThatThrownBy(() -> admin.health())
        .isInstanceOf(TapAdminException.class)
        .hasMessageContaining("the answer is longer than");
  }

  @Test
  @DisplayName("admin-api: timeouts, also in the middle of an answer")
  void timeouts() {
    server.removeContext("/");
    server.createContext(
        "/",
        exchange -> {
          if (exchange.getRequestURI().getPath().equals("/stats/cursors")) {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
          }
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    TapAdmin hasty = builder().requestTimeout(Duration.ofMillis(200)).build();

    for (TapAdminException failure :
        List.of(
            catchThrowableOfType(TapAdminException.class, hasty::health),
            catchThrowableOfType(TapAdminException.class, hasty::cursors))) {
      assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(failure.status()).isEmpty();
      assertThat(failure).hasMessageContaining("Tap did not answer within 200 ms");
    }
  }

  @Test
  @DisplayName("admin-api: no server there")
  void unreachable() throws IOException {
    // A socket that is bound and does not listen keeps the port from everybody else.
    try (Socket held = new Socket()) {
      held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      TapAdmin admin = TapAdmin.of("127.0.0.1:" + held.getLocalPort());
      TapAdminException failure = catchThrowableOfType(TapAdminException.class, admin::health);
      assertThat(failure.reason()).isEqualTo(Reason.UNREACHABLE);
      assertThat(failure).hasMessageContaining("Cannot call http://");
    }
  }

  @Test
  void interruptible() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    server.removeContext("/");
    server.createContext(
        "/",
        exchange -> {
          asked.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> thrown.set(catchThrowableOfType(InterruptedException.class, admin::health)));
    caller.start();
    asked.await();
    caller.interrupt();
    caller.join(10_000);

    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
  }
}
