package dev.perennial.simulators.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ManagementApiTest {

  private static final String DID = "did:plc:a";

  private final TapSimulator tap = TapSimulator.builder().start();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    tap.close();
  }

  @Test
  void reportsItsHealth() throws Exception {
    assertThat(get("/health").body()).isEqualTo("{\"status\":\"ok\"}\n");
    assertThat(get("/health").headers().firstValue("content-type"))
        .contains("application/json; charset=UTF-8");
  }

  @Test
  void addsAndRemovesRepositories() throws Exception {
    HttpResponse<String> added = post("/repos/add", "{\"dids\":[\"" + DID + "\",\"nonsense\"]}");
    assertThat(added.statusCode()).isEqualTo(200);
    assertThat(added.body()).isEmpty();
    assertThat(get("/stats/repo-count").body()).isEqualTo("{\"repo_count\":2}\n");
    assertThat(get("/info/" + DID).body())
        .isEqualTo(
            "{\"did\":\"did:plc:a\",\"error\":\"\",\"handle\":\"\",\"records\":0,\"retries\":0,"
                + "\"rev\":\"\",\"state\":\"pending\"}\n");
    assertThat(post("/repos/remove", "{\"dids\":[\"" + DID + "\",\"unknown\"]}").statusCode())
        .isEqualTo(200);
    assertThat(get("/stats/repo-count").body()).isEqualTo("{\"repo_count\":1}\n");
    assertThat(post("/repos/remove", "{\"dids\":[]}").statusCode()).isEqualTo(200);
  }

  @Test
  void leavesAKnownRepositoryUntouchedWhenItIsAddedAgain() throws Exception {
    tap.putRepository(new RepoInfo(DID, "a.test", "error", "3k", "gone", 4, 12));
    post("/repos/add", "{\"dids\":[\"" + DID + "\"]}");
    assertThat(tap.repository(DID))
        .isEqualTo(new RepoInfo(DID, "a.test", "error", "3k", "gone", 4, 12));
    assertThat(get("/stats/record-count").body()).isEqualTo("{\"record_count\":12}\n");
  }

  @Test
  void failsToAddNothing() throws Exception {
    for (String body : new String[] {"", "{}", "{\"dids\":[]}", "{\"dids\":null}", "null"}) {
      HttpResponse<String> response = post("/repos/add", body);
      assertThat(response.statusCode()).as(body).isEqualTo(500);
      assertThat(response.body()).isEqualTo("{\"message\":\"Internal Server Error\"}\n");
    }
  }

  @Test
  void refusesToAddMoreThanAStatementTakes() throws Exception {
    assertThat(post("/repos/add", dids(3_640)).statusCode()).isEqualTo(200);
    assertThat(post("/repos/add", dids(3_641)).statusCode()).isEqualTo(500);
  }

  @Test
  void refusesMalformedRequests() throws Exception {
    for (String body : new String[] {"{", "[]", "{\"dids\":\"x\"}", "{\"dids\":[1]}"}) {
      assertThat(post("/repos/add", body).statusCode()).as(body).isEqualTo(400);
      assertThat(post("/repos/remove", body).body()).contains("\"message\"");
    }
  }

  @Test
  void refusesABodyOfAnotherType() throws Exception {
    HttpResponse<String> response =
        send(
            HttpRequest.newBuilder(uri("/repos/add"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"dids\":[\"x\"]}")));
    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(response.body()).isEqualTo("{\"message\":\"Unsupported Media Type\"}\n");
  }

  @Test
  void resolvesDids() throws Exception {
    tap.putDidDocument(DID, "{\"id\":\"did:plc:a\"}");
    assertThat(get("/resolve/" + DID).body()).isEqualTo("{\"id\":\"did:plc:a\"}\n");
    assertThat(get("/resolve/did:plc:b").statusCode()).isEqualTo(404);
    assertThat(get("/resolve/did:plc:b").body()).isEqualTo("{\"message\":\"DID not found\"}\n");
    assertThat(get("/resolve/a").statusCode()).isEqualTo(400);
    assertThat(get("/resolve/a").body()).isEqualTo("{\"message\":\"improperly formatted DID\"}\n");
  }

  @Test
  void doesNotDecodeDids() throws Exception {
    post("/repos/add", "{\"dids\":[\"" + DID + "\",\"did:web:localhost%3A8080\"]}");
    assertThat(get("/info/" + DID).statusCode()).isEqualTo(200);
    assertThat(get("/info/did%3Aplc%3Aa").statusCode()).isEqualTo(404);
    assertThat(get("/info/did%3Aplc%3Aa").body()).isEqualTo("{\"message\":\"repo not found\"}\n");
    assertThat(get("/info/did:web:localhost%3A8080").statusCode()).isEqualTo(200);
  }

  @Test
  void reportsItsBuffersAndCursors() throws Exception {
    tap.emitRaw(DID, true, "x");
    tap.setResyncBuffer(7);
    assertThat(get("/stats/outbox-buffer").body()).isEqualTo("{\"outbox_buffer\":1}\n");
    assertThat(get("/stats/resync-buffer").body()).isEqualTo("{\"resync_buffer\":7}\n");
    assertThat(get("/stats/cursors").body()).isEqualTo("{}\n");
    tap.setCursors(5L, null);
    assertThat(get("/stats/cursors").body()).isEqualTo("{\"firehose\":5}\n");
    tap.setCursors(0L, "x");
    assertThat(get("/stats/cursors").body()).isEqualTo("{\"firehose\":0,\"list_repos\":\"x\"}\n");
  }

  @Test
  void updatesARepositoryWithItsEvents() throws Exception {
    tap.putRepository(RepoInfo.pending(DID));
    tap.emitRecord(DID, "c.d", "r1", true, "{}");
    tap.emitRecord(DID, "c.d", "r2", true, "{}");
    tap.emit(new TapEventSpec.RecordChange(DID, "3kz", "c.d", "r1", "delete", true, null, null));
    tap.emitIdentity(DID, "new.test", true, "active");
    assertThat(tap.repository(DID))
        .isEqualTo(new RepoInfo(DID, "new.test", "active", "3kz", "", 0, 1));
  }

  @Test
  void knowsNoOtherPathsOrMethods() throws Exception {
    for (String path :
        new String[] {"/", "/nope", "/health/", "//health", "/info/a/b", "/repos/add/"}) {
      assertThat(get(path).statusCode()).as(path).isEqualTo(404);
      assertThat(get(path).body()).isEqualTo("{\"message\":\"Not Found\"}\n");
    }
    assertThat(get("/repos/add").statusCode()).isEqualTo(405);
    assertThat(post("/health", "{}").body()).isEqualTo("{\"message\":\"Method Not Allowed\"}\n");
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)));
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(
        request.timeout(RawClient.DEADLINE).build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create(tap.httpUri() + path);
  }

  private static String dids(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"did:plc:" + count + "-" + i + "\"")
        .collect(Collectors.joining(",", "{\"dids\":[", "]}"));
  }
}
