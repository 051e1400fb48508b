package dev.perennial.checkpoint.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import io.lettuce.core.RedisURI;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {

  @ParameterizedTest
  @CsvSource({
    "redis://host, host, 6379, 0",
    "redis://host:, host, 6379, 0",
    "redis://host:6380/3, host, 6380, 3",
    "rediss://u:p%40@host:1/2?timeout=10s, host, 1, 2",
    "redis://under_score:1, under_score, 1, 0",
    "redis://127.0.0.1:1, 127.0.0.1, 1, 0",
    "redis://[::1], ::1, 6379, 0",
    "redis://[::1]:6380/2, ::1, 6380, 2",
    "redis://[fe80:0:0:0:0:0:0:1], fe80:0:0:0:0:0:0:1, 6379, 0",
    "redis://u:p@[fe80:0:0:0:0:0:0:1]:1/2, fe80:0:0:0:0:0:0:1, 1, 2",
    "redis://[1:2:3:4:5:6:7:8]:1, 1:2:3:4:5:6:7:8, 1, 0",
    "redis://[::ffff:127.0.0.1]:1, ::ffff:127.0.0.1, 1, 0",
    "redis://[fe80::1%25eth0]:1, fe80::1%eth0, 1, 0",
    "redis://[fe80::1%eth0]:1, fe80::1%eth0, 1, 0",
    "redis://bücher.test:1/2, xn--bcher-kva.test, 1, 2",
    "redis://u:p@b%C3%BCcher.test, xn--bcher-kva.test, 6379, 0",
  })
  void readsHostPortAndDatabase(String address, String host, int port, int database) {
    RedisURI uri = RedisAddress.parse(address);
    assertThat(uri.getHost()).isEqualTo(host);
    assertThat(uri.getPort()).isEqualTo(port);
    assertThat(uri.getDatabase()).isEqualTo(database);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "redis-sentinel://h1,h2:2#m|h1:26379 h2:2",
        "redis-sentinel://[::1]:26379,[::1]:26380/0#m|[::1]:26379 [::1]:26380",
        "redis-sentinel://p@[fe80:0:0:0:0:0:0:1],[fe80::1%25eth0]:1,h3#m|"
            + "[fe80:0:0:0:0:0:0:1]:26379 [fe80::1%eth0]:1 h3:26379",
        "redis-sentinel://bücher.test:1,h2:2?sentinelMasterId=m|xn--bcher-kva.test:1 h2:2",
      },
      delimiter = '|')
  void readsEachSentinel(String address, String sentinels) {
    RedisURI uri = RedisAddress.parse(address);
    assertThat(
            uri.getSentinels().stream().map(RedisAddress::shown).collect(Collectors.joining(" ")))
        .isEqualTo(sentinels);
    assertThat(uri.getSentinelMasterId()).isEqualTo("m");
  }

  @Test
  void readsASocket() {
    assertThat(RedisAddress.parse("redis-socket:///tmp/redis").getSocket()).isEqualTo("/tmp/redis");
  }

  @ParameterizedTest
  @ValueSource(strings = {"straße.test", "stra%C3%9Fe.test", "νόμος.test", "a\u200Db.test"})
  void refusesANameThatClientsWriteDifferently(String host) {
    assertThatThrownBy(() -> RedisAddress.parse("redis://u:s3cret@" + host))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("xn--")
        .hasMessageNotContaining("s3cret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "s3cret",
        "redis:",
        "redis://",
        "redis:///0",
        "redis://s3cret@",
        "redis://s3cret@:6379",
        "redis://host:s3cret",
        "redis://host:99999",
        "redis://::1:6379",
        "redis://fe80:0:0:0:0:0:0:1",
        "redis://[s3cret]",
        "redis://[::1",
        "redis://[::g]:1",
        "redis://[1:2:3:4:5:6:7:8:9]:1",
        "redis://[127.0.0.1]:1",
        "redis://h1,h2",
        "redis://a b",
        "redis://a%20b",
        "redis://ü..s3cret",
        "redis-sentinel://h1,,h2#m",
        "redis-sentinel://h1,h2:s3cret#m",
        "redis-sentinel://[::1],fe80::1#m",
        "http://host",
      })
  void refusesTheRestWithoutRepeatingIt(String address) {
    assertThatThrownBy(() -> RedisAddress.parse(address))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("redis://host:6379")
        .hasMessageNotContaining("s3cret")
        .hasNoCause();
  }

  /** That it is reached shows in that somebody comes; what to say to it others test. */
  @ParameterizedTest
  @ValueSource(strings = {"[0:0:0:0:0:0:0:1]", "[::1%25lo]"})
  void reachesAnIpv6Address(String host) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("::1"))) {
      CompletableFuture<Socket> arrived = new CompletableFuture<>();
      Thread accepting =
          new Thread(() -> {
            try {
              Socket socket = server.accept();
              arrived.complete(socket);
              socket.close();
            } catch (java.io.IOException e) {
              arrived.completeExceptionally(e);
            }
          });
      accepting.start();
      try (RedisCheckpointStore store =
          RedisCheckpointStore.at(
              "redis://" + host + ":" + server.getLocalPort() + "?timeout=60s")) {
        assertThatThrownBy(() -> store.admin().orElseThrow().load("orders"))
            .hasMessageContaining("]:" + server.getLocalPort());
      }
      assertThat(arrived).succeedsWithin(Duration.ofSeconds(20));
    }
  }
}
