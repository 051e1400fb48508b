package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.KEY;
import static dev.perennial.checkpoint.redis.StoreFixtures.NOTHING;
import static dev.perennial.checkpoint.redis.StoreFixtures.ONE;
import static dev.perennial.checkpoint.redis.StoreFixtures.TWO;
import static dev.perennial.checkpoint.redis.StoreFixtures.admin;
import static dev.perennial.checkpoint.redis.StoreFixtures.connected;
import static dev.perennial.checkpoint.redis.StoreFixtures.failure;
import static dev.perennial.checkpoint.redis.StoreFixtures.hash;
import static dev.perennial.checkpoint.redis.StoreFixtures.impatient;
import static dev.perennial.checkpoint.redis.StoreFixtures.patient;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.simulators.redis.RedisReplyException;
import dev.perennial.simulators.redis.RedisServer;
import dev.perennial.simulators.redis.RedisServerBuilder;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that refuses, each in its own way, and then works again: on two versions of Redis. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ParameterizedClass
@ValueSource(booleans = {false, true})
class TroubleReportTest {

  private final boolean carried;
  private final AtomicInteger lost = new AtomicInteger();
  private final Queue<CheckpointException> troubles = new ConcurrentLinkedQueue<>();
  private RedisServer redis;
  private RedisCheckpointStore store;
  private CheckpointClaim claim;

  TroubleReportTest(boolean carried) {
    this.carried = carried;
  }

  @BeforeEach
  void claim() throws Exception {
    RedisServerBuilder server = RedisServer.builder().config("lua-time-limit 100");
    redis = (carried ? server.carried() : server).start();
    store = connected(patient(redis.uri()).build());
    claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    claim.save(ONE);
  }

  @AfterEach
  void close() {
    store.close();
    redis.close();
  }

  private void refusesForATime(String words) throws Exception {
    CheckpointException failure = failure(() -> claim.save(TWO));
    assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure)
        .hasMessageContaining(words)
        .hasMessageContaining("127.0.0.1:" + redis.port())
        .hasMessageContaining(KEY);
    CheckpointException standby = failure(() -> store.tryClaim("other", NOTHING));
    assertThat(standby.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(standby).hasMessageContaining(words);
  }

  private void worksAgain() throws Exception {
    soon().ignoreExceptions().until(() -> saves());
    assertThat(claim.load()).contains(TWO);
    assertThat(lost).hasValue(0);
    claim.close();
    store.tryClaim("orders", NOTHING).orElseThrow().close();
  }

  private boolean saves() throws Exception {
    claim.save(TWO);
    return true;
  }

  @Test
  void aReplica() throws Exception {
    redis.command("REPLICAOF", "127.0.0.1", "1");
    refusesForATime("read-only replica");
    redis.command("REPLICAOF", "NO", "ONE");
    worksAgain();
  }

  @Test
  void outOfMemory() throws Exception {
    redis.command("CONFIG", "SET", "maxmemory", "1");
    refusesForATime("maxmemory");
    redis.command("CONFIG", "SET", "maxmemory", "0");
    worksAgain();
  }

  @Test
  void tooFewReplicas() throws Exception {
    redis.command("CONFIG", "SET", "min-replicas-to-write", "1");
    refusesForATime("min-replicas-to-write");
    redis.command("CONFIG", "SET", "min-replicas-to-write", "0");
    worksAgain();
  }

  @Test
  void heldUpByAScript() throws Exception {
    Thread other =
        new Thread(() -> {
          try {
            redis.command("EVAL", "while true do end", "0");
          } catch (RuntimeException e) {
            // It is killed.
          }
        });
    other.start();
    soon().until(this::isBusy);
    refusesForATime("(BUSY)");
    redis.command("SCRIPT", "KILL");
    other.join();
    worksAgain();
  }

  private boolean isBusy() {
    try {
      redis.command("PING");
      return false;
    } catch (RedisReplyException e) {
      return e.getMessage().startsWith("BUSY");
    }
  }

  @Test
  void scriptsForgotten() throws Exception {
    redis.command("SCRIPT", "FLUSH");
    claim.save(TWO);
    redis.command("SCRIPT", "FLUSH");
    assertThat(store.tryClaim("orders", NOTHING)).isEmpty();
    worksAgain();
  }

  @Test
  void connectionsKilled() throws Exception {
    redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    worksAgain();
  }

  @Test
  void dead() throws Exception {
    redis.kill();
    refusesForATime("cannot be reached");
    assertThat(failure(claim::close)).hasMessageContaining("expires by itself");
  }

  @Test
  void somethingElseUnderTheKey() throws Exception {
    redis.command("SET", "perennial:{x}", "1");
    CheckpointException refused = failure(() -> store.tryClaim("x", NOTHING));
    assertThat(refused.reason()).isEqualTo(Reason.CORRUPT);
    assertThat(refused).hasMessageContaining("perennial:{x}").hasMessageContaining("string");
    CheckpointException load = failure(() -> admin(store).load("x"));
    assertThat(load.reason()).isEqualTo(Reason.CORRUPT);
    assertThat(load).hasMessageContaining("perennial:{x}");
    assertThat(admin(store).streamIds()).containsExactly("orders", "x");
    assertThat(admin(store).delete("x")).isTrue();
    store.tryClaim("x", NOTHING).orElseThrow().close();

    String other = "perennial:{other}";
    try (RedisCheckpointStore renewing =
        connected(impatient(redis.uri()).onTrouble(troubles::add).build())) {
      renewing.tryClaim("other", why -> lost.incrementAndGet()).orElseThrow();
      redis.command("SET", other, "1");
      soon()
          .until(() ->
              troubles.stream()
                  .anyMatch(
                      one -> one.reason() == Reason.CORRUPT && one.getMessage().contains(other)));
    }

    redis.command("SET", KEY, "1");
    CheckpointException save = failure(() -> claim.save(TWO));
    assertThat(save.reason()).isEqualTo(Reason.CORRUPT);
    assertThat(save).hasMessageContaining("string");
    assertThat(redis.command("GET", KEY)).as("left as it is").isEqualTo("1");
    assertThat(lost).hasValue(0);
    redis.command("DEL", KEY);
    claim.save(TWO);
    assertThat(admin(store).load("orders")).as("put right").contains(TWO);
  }

  @Test
  void aHashThatIsNoCheckpoint() throws Exception {
    claim.close();
    for (String[] damage :
        new String[][] {
          {"format", "2"},
          {"epoch", "x"},
          {"save", "-1"},
          {"save", ""},
        }) {
      String before = hash(redis, KEY).get(damage[0]);
      redis.command("HSET", KEY, damage[0], damage[1]);
      CheckpointException failure = failure(() -> store.tryClaim("orders", NOTHING));
      assertThat(failure.reason()).isEqualTo(Reason.CORRUPT);
      assertThat(failure).hasMessageContaining(KEY).hasMessageContaining(damage[0]);
      redis.command("HSET", KEY, damage[0], before);
    }
    redis.command("HSET", KEY, "owner", "somebody");
    assertThat(failure(() -> store.tryClaim("orders", NOTHING)))
        .as("a claim without an end")
        .hasMessageContaining("claim-expires");
    redis.command("HDEL", KEY, "owner");

    redis.command("HSET", KEY, "checkpoint", "garbage");
    try (CheckpointClaim again = store.tryClaim("orders", NOTHING).orElseThrow()) {
      CheckpointException failure = failure(again::load);
      assertThat(failure.reason()).isEqualTo(Reason.CORRUPT);
      assertThat(failure).hasMessageContaining(KEY).hasMessageContaining("3 fields");
      assertThat(failure(() -> admin(store).load("orders")).reason()).isEqualTo(Reason.CORRUPT);
    }
    redis.command("HDEL", KEY, "format");
    assertThat(failure(() -> admin(store).load("orders")))
        .hasMessageContaining("\"format\" is \"\"");
    assertThat(admin(store).delete("orders")).isTrue();
    assertThat(admin(store).load("orders")).isEmpty();
  }

  @Test
  void loading() throws Exception {
    RedisServerBuilder slow = RedisServer.builder().persistent().config("key-load-delay 500");
    try (RedisServer server = (carried ? slow.carried() : slow).start();
        RedisCheckpointStore other = connected(impatient(server.uri()).build())) {
      server.command("EVAL", "for i = 1, 6000 do redis.call('SET', 'k' .. i, i) end", "0");
      try (CheckpointClaim its = other.tryClaim("orders", NOTHING).orElseThrow()) {
        its.save(ONE);
        server.restartWithoutWaiting();
        soon().until(() -> isLoading(its));
        soon().ignoreExceptions().until(() -> admin(other).load("orders").isPresent());
        its.save(TWO);
        assertThat(admin(other).load("orders")).contains(TWO);
      }
    }
  }

  private static boolean isLoading(CheckpointClaim claim) {
    try {
      claim.save(TWO);
      return false;
    } catch (CheckpointException e) {
      return e.getMessage().contains("still loading");
    }
  }
}
