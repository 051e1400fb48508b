package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TapAdminTest extends TapAdminFixture {

  @Test
  @DisplayName("admin-api: the JVM's proxy settings are obeyed, as the transport does")
  void proxyOfTheJvm() throws Exception {
    answers(200, "{\"status\":\"ok\"}");
    System.setProperty("http.proxyHost", "127.0.0.1");
    System.setProperty("http.proxyPort", "" + server.getAddress().getPort());
    System.setProperty("http.nonProxyHosts", "127.*");
    try {
      assertThat(TapAdmin.of("tap.far.test").health()).isEqualTo("ok");
      assertThat(onlyRequest().path()).isEqualTo("/health");
      System.setProperty("http.proxyPort", "1");
      assertThat(admin.health()).as("past the proxy, which is gone").isEqualTo("ok");
    } finally {
      System.clearProperty("http.proxyHost");
      System.clearProperty("http.proxyPort");
      System.clearProperty("http.nonProxyHosts");
    }
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
        .hasMessageContaining("The first 2000 of 2500 DIDs are done.");
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
        .hasMessageContaining(" as a DID: ");
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

    RepoInfo info = admin.info("did:plc:a");

    assertThat(info.did()).isEqualTo("did:plc:a");
    assertThat(info.handle()).isEmpty();
    assertThat(info.state()).isEqualTo(RepoState.of(state));
    assertThat(info.rev()).isEqualTo("3k");
    assertThat(info.error()).isEqualTo("e");
    assertThat(info.retries()).isEqualTo(2);
    assertThat(info.records()).isEqualTo(5_000_000_000L);

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
    assertThat(admin.cursors().firehose()).hasValue(12345678901L);
    assertThat(admin.cursors().listRepos()).contains("c");

    for (String none :
        List.of(
            "{}",
            "{\"firehose\":null,\"list_repos\":null}",
            "{\"firehose\":0,\"list_repos\":\"\"}")) {
      answers(200, none);
      assertThat(admin.cursors().firehose()).isEmpty();
      assertThat(admin.cursors().listRepos()).isEmpty();
    }
  }

  @Test
  @DisplayName("auth-header: the admin API has the same")
  void password() throws Exception {
    answers(200, "{\"status\":\"ok\"}");

    builder().password(SECRET).header("X-Key", "k").userAgent("mine/1").build().health();

    assertThat(onlyRequest().headers().get("Authorization"))
        .containsExactly("Basic YWRtaW46cMOkOnNz");
    assertThat(onlyRequest().headers().get("X-key")).containsExactly("k");
    assertThat(onlyRequest().headers().get("User-agent")).containsExactly("mine/1");
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
