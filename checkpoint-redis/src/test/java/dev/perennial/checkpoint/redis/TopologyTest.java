package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.KEY;
import static dev.perennial.checkpoint.redis.StoreFixtures.NOTHING;
import static dev.perennial.checkpoint.redis.StoreFixtures.ONE;
import static dev.perennial.checkpoint.redis.StoreFixtures.THREE;
import static dev.perennial.checkpoint.redis.StoreFixtures.TWO;
import static dev.perennial.checkpoint.redis.StoreFixtures.admin;
import static dev.perennial.checkpoint.redis.StoreFixtures.connected;
import static dev.perennial.checkpoint.redis.StoreFixtures.expire;
import static dev.perennial.checkpoint.redis.StoreFixtures.failure;
import static dev.perennial.checkpoint.redis.StoreFixtures.hash;
import static dev.perennial.checkpoint.redis.StoreFixtures.impatient;
import static dev.perennial.checkpoint.redis.StoreFixtures.patient;
import static dev.perennial.checkpoint.redis.StoreFixtures.savesSoon;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.simulators.network.FaultProxy;
import dev.perennial.simulators.redis.RedisCluster;
import dev.perennial.simulators.redis.RedisSentinels;
import dev.perennial.simulators.redis.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sentinel, Cluster, and clients that are the application's. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TopologyTest {

  private final AtomicInteger lost = new AtomicInteger();

  @Test
  void followsThePrimaryUnderSentinel() throws Exception {
    try (RedisSentinels sentinels = RedisSentinels.start(1);
        RedisCheckpointStore store = connected(overSentinels(sentinels));
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      claim.save(ONE);
      assertThat(store.tryClaim("orders", NOTHING)).isEmpty();
      RedisServer first = sentinels.primary();
      first.awaitReplicas(1);
      first.pause();
      RedisServer second = sentinels.awaitOtherThan(first);
      savesSoon(claim, TWO);
      assertThat(second.command("HGET", KEY, "checkpoint")).isEqualTo(TWO.toLine());
      first.resume();
      savesSoon(claim, THREE);
      assertThat(second.command("HGET", KEY, "checkpoint")).isEqualTo(THREE.toLine());
      assertThat(store.tryClaim("orders", NOTHING)).isEmpty();
      assertThat(admin(store).load("orders")).contains(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void followsAPlannedFailoverAlthoughTheOldPrimaryTakesSavesForATime() throws Exception {
    try (RedisSentinels sentinels = RedisSentinels.start(2);
        RedisCheckpointStore store = connected(overSentinels(sentinels));
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      claim.save(ONE);
      RedisServer promoted = sentinels.failover();
      assertThat(promoted.command("HGET", KEY, "checkpoint")).isEqualTo(ONE.toLine());
      soon()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            savesSoon(claim, TWO);
            return TWO.toLine().equals(promoted.command("HGET", KEY, "checkpoint"));
          });
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void oneThatClaimsOnThePromotedServerWinsOverOneThatSavesToTheOldOne() throws Exception {
    try (RedisServer old = RedisServer.start();
        RedisServer promoted =
            RedisServer.builder().config("replicaof 127.0.0.1 " + old.port()).start();
        FaultProxy proxy = FaultProxy.to(old.port());
        RedisCheckpointStore store = connected(patient("redis://" + proxy.address()).build());
        RedisCheckpointStore other = connected(patient(promoted.uri()).build())) {
      CheckpointClaim overtaken = store.tryClaim("orders", NOTHING).orElseThrow();
      overtaken.save(ONE);
      old.awaitReplicas(1);
      promoted.command("REPLICAOF", "NO", "ONE");
      expire(promoted, KEY);
      CheckpointClaim owner = other.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      assertThat(owner.load()).contains(ONE);
      owner.save(TWO);
      overtaken.save(THREE);
      assertThat(old.command("HGET", KEY, "checkpoint")).isEqualTo(THREE.toLine());
      proxy.redirect(promoted.port());
      old.command("REPLICAOF", "127.0.0.1", String.valueOf(promoted.port()));
      assertThat(failure(() -> overtaken.save(THREE))).hasMessageContaining("read-only replica");
      CheckpointException failure = failure(() -> overtaken.save(THREE));
      assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
      assertThat(failure).hasMessageNotContaining("forgotten");
      owner.save(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void oneThatTookOverWinsAlsoIfTheFailoverLosesItsClaim() throws Exception {
    try (RedisSentinels sentinels = RedisSentinels.start(1, Duration.ofMinutes(1));
        RedisCheckpointStore store = connected(overSentinels(sentinels));
        RedisCheckpointStore other = connected(overSentinels(sentinels))) {
      CheckpointClaim overtaken = store.tryClaim("orders", NOTHING).orElseThrow();
      overtaken.save(ONE);
      RedisServer first = sentinels.primary();
      RedisServer replica =
          sentinels.servers().stream().filter(one -> !one.equals(first)).findFirst().orElseThrow();
      first.awaitReplicas(1);
      // It hears no more of what the primary is told.
      replica.command("REPLICAOF", "127.0.0.1", "1");
      expire(first, KEY);
      CheckpointClaim owner = other.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      owner.save(TWO);
      assertThat(replica.command("HGET", KEY, "checkpoint")).isEqualTo(ONE.toLine());
      first.kill();
      assertThat(sentinels.awaitOtherThan(first)).isEqualTo(replica);
      savesSoon(overtaken, ONE);
      savesSoon(owner, THREE);
      CheckpointException failure = failure(() -> overtaken.save(ONE));
      assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
      assertThat(failure).hasMessageContaining(StoreFixtures.hash(replica, KEY).get("owner"));
      assertThat(replica.command("HGET", KEY, "checkpoint")).isEqualTo(THREE.toLine());
      assertThat(lost).hasValue(0);
    }
  }

  private static RedisCheckpointStore overSentinels(RedisSentinels sentinels) {
    return patient(sentinels.uri()).commandTimeout(Duration.ofSeconds(2)).build();
  }

  /**
   * Has a node know a user who may do what the documentation says, and gives that one's address.
   */
  private static RedisURI asUser(RedisServer node) {
    List<String> user = new ArrayList<>(List.of("ACL", "SETUSER", "ann", "on", ">secret"));
    user.addAll(List.of(AccessTest.NEEDED));
    user.addAll(List.of("+cluster", "+asking", "+info"));
    node.command(user.toArray(String[]::new));
    return RedisURI.create("redis://ann:secret@127.0.0.1:" + node.port());
  }

  @Test
  void followsAKeyThroughACluster() throws Exception {
    try (RedisCluster cluster = RedisCluster.start(1);
        RedisClusterClient client =
            RedisClusterClient.create(cluster.nodes().stream().map(TopologyTest::asUser).toList());
        RedisCheckpointStore store =
            connected(
                RedisCheckpointStore.builder(client)
                    .commandTimeout(Duration.ofSeconds(2))
                    .claimExpiry(Duration.ofHours(1))
                    .build())) {
      TreeSet<String> ids = new TreeSet<>();
      for (int i = 0; i < 12; i++) {
        String id = "stream " + i;
        ids.add(id);
        try (CheckpointClaim claim = store.tryClaim(id, NOTHING).orElseThrow()) {
          claim.save(ONE);
        }
      }
      assertThat(admin(store).streamIds()).as("of all nodes").containsExactlyElementsOf(ids);

      CheckpointClaim claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      claim.save(ONE);
      RedisServer old = cluster.nodeOf(KEY);
      RedisCluster.SlotMove move = cluster.move(KEY).keys();
      claim.save(TWO);
      assertThat(claim.load()).as("while the old node answers ASK").contains(TWO);
      RedisServer next = move.finish();
      claim.save(THREE);
      assertThat(next.command("HGET", KEY, "checkpoint")).isEqualTo(THREE.toLine());

      try (RedisCheckpointStore wrong = impatient(old.uri()).build()) {
        CheckpointException moved = failure(() -> admin(wrong).load("orders"));
        assertThat(moved.reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(moved).hasMessageContaining("builder(RedisClusterClient)");
      }

      next.awaitReplicas(1);
      next.kill();
      assertThat(failure(() -> claim.save(ONE)).reason()).isEqualTo(Reason.UNAVAILABLE);
      RedisServer replica = cluster.awaitOtherThan(next, KEY);
      savesSoon(claim, TWO);
      assertThat(replica.command("HGET", KEY, "checkpoint")).isEqualTo(TWO.toLine());
      claim.close();
      assertThat(store.tryClaim("orders", NOTHING)).isPresent();
      assertThat(lost).hasValue(0);

      store.close();
      assertThat(client.connect().sync().hexists("perennial:{stream 1}", "checkpoint")).isTrue();
    }
  }

  @Test
  void renewsOnTheOtherNodesWhileOneIsOutOfReach() throws Exception {
    try (RedisCluster cluster = RedisCluster.start();
        RedisClusterClient client =
            RedisClusterClient.create(cluster.uris().stream().map(RedisURI::create).toList());
        RedisCheckpointStore store =
            connected(
                RedisCheckpointStore.builder(client)
                    // Enough for 250 claims one after the other on a machine that is busy.
                    .commandTimeout(Duration.ofSeconds(4))
                    .claimExpiry(Duration.ofSeconds(12))
                    .build())) {
      // Else all of them refuse.
      cluster
          .nodes()
          .forEach(node -> node.command("CONFIG", "SET", "cluster-require-full-coverage", "no"));
      for (int i = 0; i < 250; i++) {
        store.tryClaim("stream " + i, why -> lost.incrementAndGet()).orElseThrow();
      }
      List<RedisServer> others = cluster.nodes().subList(1, 3);
      cluster.nodes().get(0).pause();
      for (int round = 0; round < 2; round++) {
        Map<String, String> then = expiries(others);
        assertThat(then).hasSizeGreaterThan(100);
        soon().until(() -> hasNoneOf(expiries(others), then));
      }
      assertThat(lost).hasValue(0);
    }
  }

  /** When the claims run out, by their keys. */
  private static Map<String, String> expiries(List<RedisServer> nodes) {
    Map<String, String> expiries = new HashMap<>();
    for (RedisServer node : nodes) {
      for (Object key : (List<?>) node.command("KEYS", "*")) {
        expiries.put((String) key, hash(node, (String) key).get("claim-expires"));
      }
    }
    return expiries;
  }

  private static boolean hasNoneOf(Map<String, String> map, Map<String, String> other) {
    return other.entrySet().stream().noneMatch(map.entrySet()::contains);
  }

  @Test
  void leavesTheApplicationsClientOpen() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisClient client = RedisClient.create(redis.uri())) {
      for (int i = 0; i < 2; i++) {
        try (RedisCheckpointStore store = RedisCheckpointStore.builder(client).build();
            CheckpointClaim claim =
                store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
          assertThat(claim.load().isPresent()).isEqualTo(i == 1);
          claim.save(ONE);
          redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
          savesSoon(claim, TWO);
          assertThat(store.toString()).contains("Redis");
        }
        soon().until(() -> connections(redis) == 0);
      }
      assertThat(client.connect().sync().ping()).isEqualTo("PONG");
      redis.kill();
      try (RedisCheckpointStore store = RedisCheckpointStore.builder(client).build()) {
        CheckpointException down = failure(() -> admin(store).load("orders"));
        assertThat(down.reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(down).hasMessageContaining("refused");
      }
    }
  }

  /** Besides the one that asks. */
  private static long connections(RedisServer redis) {
    return String.valueOf(redis.command("CLIENT", "LIST")).lines().count() - 1;
  }
}
