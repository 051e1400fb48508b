package dev.perennial.source.tap;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import tools.jackson.databind.json.JsonMapper;

/** An admin API on the loopback interface that answers as a test tells it to. */
abstract class TapAdminFixture {

  static final String SECRET = "pä:ss";
  static final JsonMapper JSON = JsonMapper.builder().build();

  record Request(String method, String path, Map<String, List<String>> headers, String body) {}

  final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  final CountDownLatch release = new CountDownLatch(1);
  final ExecutorService threads = Executors.newCachedThreadPool();
  volatile int status = 200;
  volatile String location = "";
  volatile String body = "";
  volatile int failFromRequest = Integer.MAX_VALUE;
  HttpServer server;
  TapAdmin admin;

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

  TapAdminBuilder builder() {
    return TapAdmin.builder().uri("127.0.0.1:" + server.getAddress().getPort());
  }

  void answer(HttpExchange exchange) throws IOException {
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
      if (!location.isEmpty()) {
        exchange.getResponseHeaders().set("Location", location);
      }
      exchange.sendResponseHeaders(fail ? 500 : status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  void answers(int status, String body) {
    this.status = status;
    this.body = body;
  }

  Request onlyRequest() {
    assertThat(requests).hasSize(1);
    return requests.get(0);
  }

  static List<String> dids(int count) {
    return IntStream.range(0, count).mapToObj(i -> "did:plc:a" + i).toList();
  }

  static List<String> didsOf(Request request) {
    List<String> dids = new ArrayList<>();
    JSON.readTree(request.body()).path("dids").forEach(did -> dids.add(did.asString()));
    return dids;
  }
}
