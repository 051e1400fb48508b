package dev.perennial.simulators.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several servers that know one another. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class RedisTopologiesTest {

  @Test
  void sentinelsMoveThePrimary() {
    try (RedisSentinels sentinels = RedisSentinels.start(2)) {
      RedisServer first = sentinels.primary();
      assertThat(sentinels.servers()).hasSize(3).contains(first);
      assertThat(sentinels.uri())
          .matches("redis-sentinel://127.0.0.1:\\d+,127.0.0.1:\\d+,127.0.0.1:\\d+/0#perennial");
      first.command("SET", "a", "1");
      RedisServer second = sentinels.failover();
      assertThat(second).isNotEqualTo(first);
      assertThat(second.command("GET", "a")).isEqualTo("1");
      second.kill();
      assertThat(sentinels.awaitOtherThan(second).info("replication")).contains("role:master");
    }
  }

  @Test
  void aClusterMovesSlotsAndFailsOver() {
    try (RedisCluster cluster = RedisCluster.start(1)) {
      assertThat(cluster.uris()).hasSize(3);
      assertThat(cluster.nodes()).hasSize(6);
      RedisServer from = cluster.nodeOf("{a}");
      from.command("SET", "{a}", "1");
      RedisCluster.SlotMove move = cluster.move("{a}").keys();
      assertThatThrownBy(() -> from.command("GET", "{a}")).hasMessageStartingWith("ASK");
      RedisServer to = move.finish();
      assertThat(cluster.nodeOf("{a}")).isEqualTo(to);
      assertThatThrownBy(() -> from.command("GET", "{a}")).hasMessageStartingWith("MOVED");
      assertThat(to.command("GET", "{a}")).isEqualTo("1");
      to.awaitReplicas(1);
      to.kill();
      RedisServer after = cluster.awaitOtherThan(to, "{a}");
      assertThat(cluster.nodes()).contains(after);
      assertThat(List.of(from, to)).doesNotContain(after);
      assertThat(after.command("GET", "{a}")).isEqualTo("1");
    }
  }
}
