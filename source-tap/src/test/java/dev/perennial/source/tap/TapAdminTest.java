package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.perennial.source.tap.TapAdminException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class TapAdminTest {

  private static final String SECRET = "pä:ss";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  record Request(String method, String path, Map<String, List<String>> headers, String body) {}

  private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch release = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile int status = 200;
  private volatile String body = "";
  private volatile int failFromRequest = Integer.MAX_VALUE;
  private HttpServer server;
  private TapAdmin admin;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
    admin = builder().build();
  }

  @AfterEach
  void stop() {
    release.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private TapAdmin.Builder builder() {
    return TapAdmin.builder().uri("127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String sent = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getRawPath(),
              Map.copyOf(exchange.getRequestHeaders()),
              sent));
      boolean fail = requests.size() >= failFromRequest;
      byte[] bytes =
          (fail ? "{\"message\":\"too many SQL variables\"}" : body)
              .getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(fail ? 500 : status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private void answers(int status, String body) {
    this.status = status;
    this.body = body;
  }

  private Request onlyRequest() {
    assertThat(requests).hasSize(1);
    return requests.get(0);
  }

  private static List<String> dids(int count) {
    return IntStream.range(0, count).mapToObj(i -> "did:plc:a" + i).toList();
  }

  private static List<String> didsOf(Request request) {
    List<String> dids = new ArrayList<>();
    JSON.readTree(request.body()).path("dids").forEach(did -> dids.add(did.asString()));
    return dids;
  }

  @Test
  @DisplayName("admin-api: health")
  void health() throws Exception {
    answers(200, "{\"status\":\"ok\"}");

    assertThat(admin.health()).isEqualTo("ok");

    assertThat(onlyRequest().method()).isEqualTo("GET");
    assertThat(onlyRequest().path()).isEqualTo("/health");
    assertThat(onlyRequest().headers()).doesNotContainKeys("Authorization", "Upgrade");
    assertThat(onlyRequest().headers().get("User-agent").get(0)).startsWith("perennial/");
  }

  @Test
  @DisplayName("admin-api: add and remove")
  void addAndRemove() throws Exception {
    admin.addRepos(List.of("did:plc:a", "did:web:example.org%3A8080"));
    admin.removeRepos(List.of("did:plc:a"));

    assertThat(requests).extracting(Request::method).containsExactly("POST", "POST");
    assertThat(requests).extracting(Request::path).containsExactly("/repos/add", "/repos/remove");
    assertThat(requests.get(0).headers().get("Content-type")).containsExactly("application/json");
    assertThat(requests.get(0).body())
        .isEqualTo("{\"dids\":[\"did:plc:a\",\"did:web:example.org%3A8080\"]}");
    assertThat(requests.get(1).body()).isEqualTo("{\"dids\":[\"did:plc:a\"]}");
  }

  @Test
  @DisplayName("admin-api: an empty list is short-circuited")
  void emptyList() throws Exception {
    admin.addRepos(List.of());
    admin.removeRepos(List.of());

    assertThat(requests).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1000,1", "1001,2", "2500,3"})
  @DisplayName("admin-api: chunks of 1,000, in order, none left out")
  void chunking(int count, int calls) throws Exception {
    admin.addRepos(dids(count));

    assertThat(requests)
        .hasSize(calls)
        .allSatisfy(request -> assertThat(didsOf(request)).hasSizeLessThanOrEqualTo(1_000));
    assertThat(requests.stream().flatMap(request -> didsOf(request).stream()))
        .isEqualTo(dids(count));
  }

  @Test
  @DisplayName("admin-api: a chunk that fails says how many are done")
  void failedChunk() {
    failFromRequest = 3;

    assertThatThrownBy(() -> admin.addRepos(dids(2_500)))
        .isInstanceOf(TapAdminException.class)
        .hasMessageContaining("too many SQL variables")
        .hasMessageContaining("the first 2000 of 2500 DIDs are done");
    assertThat(requests).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "alice.example.org",
        "did:",
        "did:plc",
        "did:plc:",
        "did:plc:a/b",
        "did:plc:a?b",
        "did:plc:a b",
        "did:web:a%3",
        "did:PLC:a",
        "did:plc:a\n",
        "did:plc:../../x"
      })
  @DisplayName("admin-api: what is no DID is refused before anything is sent")
  void noDid(String did) {
    assertThatThrownBy(() -> admin.addRepos(List.of("did:plc:a", did)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> admin.removeRepos(List.of(did)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> admin.info(did)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> admin.resolve(did))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no DID");
    assertThat(requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
        "did:web:example.org%3A8080",
        "did:web:a.b:c_d-e"
      })
  @DisplayName("admin-api: DIDs stand literally in the path")
  void literalDid(String did) throws Exception {
    answers(200, "{\"id\":\"" + did + "\"}");

    assertThat(admin.resolve(did).path("id").asString()).isEqualTo(did);

    assertThat(onlyRequest().path()).isEqualTo("/resolve/" + did);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pending",
        "desynchronized",
        "resyncing",
        "active",
        "takendown",
        "suspended",
        "deactivated",
        "error",
        "new-state"
      })
  @DisplayName("admin-api: info, in every state and in one that is not known yet")
  void info(String state) throws Exception {
    answers(
        200,
        "{\"did\":\"did:plc:a\",\"handle\":\"\",\"state\":\""
            + state
            + "\",\"rev\":\"3k\",\"error\":\"e\",\"retries\":2,\"records\":5000000000,\"more\":1}");

    assertThat(admin.info("did:plc:a"))
        .isEqualTo(
            new RepoInfo("did:plc:a", "", RepoState.of(state), "3k", "e", 2, 5_000_000_000L));

    assertThat(onlyRequest().path()).isEqualTo("/info/did:plc:a");
    assertThat(RepoState.of(state).isKnown()).isEqualTo(!state.equals("new-state"));
    assertThat(RepoState.of(state)).hasToString(state);
  }

  @Test
  @DisplayName("admin-api: all counts")
  void counts() throws Exception {
    answers(200, "{\"repo_count\":1,\"record_count\":2,\"outbox_buffer\":3,\"resync_buffer\":4}");

    assertThat(admin.repoCount()).isEqualTo(1);
    assertThat(admin.recordCount()).isEqualTo(2);
    assertThat(admin.outboxBuffer()).isEqualTo(3);
    assertThat(admin.resyncBuffer()).isEqualTo(4);

    assertThat(requests)
        .extracting(Request::path)
        .containsExactly(
            "/stats/repo-count",
            "/stats/record-count",
            "/stats/outbox-buffer",
            "/stats/resync-buffer");
  }

  @Test
  @DisplayName("admin-api: cursors, each optional")
  void cursors() throws Exception {
    answers(200, "{\"firehose\":12345678901,\"list_repos\":\"c\"}");
    assertThat(admin.cursors())
        .isEqualTo(new TapCursors(OptionalLong.of(12345678901L), Optional.of("c")));

    for (String none :
        List.of(
            "{}",
            "{\"firehose\":null,\"list_repos\":null}",
            "{\"firehose\":0,\"list_repos\":\"\"}")) {
      answers(200, none);
      assertThat(admin.cursors()).isEqualTo(new TapCursors(OptionalLong.empty(), Optional.empty()));
    }
  }

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
  void statuses(int status, Kind kind) {
    answers(status, "{\"message\":\"repo not found\"}");

    TapAdminException failure =
        catchThrowableOfType(TapAdminException.class, () -> admin.info("did:plc:a"));

    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.status()).isEqualTo(OptionalInt.of(status));
    assertThat(failure)
        .hasMessageContaining("/info/did:plc:a")
        .hasMessageContaining("status " + status)
        .hasMessageContaining("repo not found");
    assertThat(catchThrowableOfType(TapAdminException.class, () -> admin.addRepos(dids(1))).kind())
        .isEqualTo(kind);
  }

  @Test
  @DisplayName("admin-api: an error that is not JSON is shown as it is")
  void errorInPlainText() {
    answers(502, "<html>Bad\nGateway");

    assertThatThrownBy(() -> admin.health()).hasMessageContaining("<html>Bad?Gateway");
  }

  @Test
  @DisplayName("auth-header: the management API has the same")
  void password() throws Exception {
    answers(200, "{\"status\":\"ok\"}");

    builder().password(SECRET).header("X-Key", "k").userAgent("mine/1").build().health();

    assertThat(onlyRequest().headers().get("Authorization"))
        .containsExactly("Basic YWRtaW46cMOkOnNz");
    assertThat(onlyRequest().headers().get("X-key")).containsExactly("k");
    assertThat(onlyRequest().headers().get("User-agent")).containsExactly("mine/1");
  }

  @Test
  void secretsAreNeverShown() {
    answers(401, "{\"message\":\"not " + SECRET + " nor YWRtaW46cMOkOnNz\"}");
    TapAdmin.Builder builder = builder().password(SECRET);

    TapAdminException failure =
        catchThrowableOfType(TapAdminException.class, () -> builder.build().health());

    assertThat(failure)
        .hasMessageContaining("not *** nor ***")
        .hasMessageContaining("the password is wrong");
    assertThat(builder.toString() + builder.build()).doesNotContain(SECRET, "YWRtaW46cMOkOnNz");
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

    assertThat(failure.kind()).isEqualTo(Kind.UNREADABLE);
    assertThat(failure).hasMessageContaining("/stats/repo-count");
  }

  @Test
  @DisplayName("admin-api: an answer without end is cut off")
  void endlessAnswer() {
    answers(200, "x".repeat(5_000_000));

    assertThatThrownBy(() -> admin.health())
        .isInstanceOf(TapAdminException.class)
        .hasMessageContaining("the answer is over");
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
      assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(failure.status()).isEmpty();
      assertThat(failure).hasMessageContaining("did not answer within 200 ms");
    }
  }

  @Test
  @DisplayName("admin-api: nobody there")
  void unreachable() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    TapAdminException failure =
        catchThrowableOfType(
            TapAdminException.class, () -> TapAdmin.of("127.0.0.1:" + port).health());

    assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure).hasMessageContaining("could not be reached");
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

  @Test
  void ownHttpClient() throws Exception {
    answers(200, "{\"status\":\"ok\"}");

    assertThat(builder().httpClient(HttpClient.newHttpClient()).build().health()).isEqualTo("ok");
  }

  @Test
  void wrongSettingsAreRefusedAtOnce() {
    assertThatThrownBy(() -> TapAdmin.of("ftp://h")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TapAdmin.builder().requestTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("requestTimeout");
    assertThatThrownBy(() -> TapAdmin.builder().connectTimeout(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("connectTimeout");
    assertThatThrownBy(() -> TapAdmin.builder().password("x").header("Authorization", "y").build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(TapAdmin.builder().build()).hasToString("TapAdmin[http://localhost:2480/]");
  }
}
