package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.KEY;
import static dev.perennial.checkpoint.redis.StoreFixtures.ONE;
import static dev.perennial.checkpoint.redis.StoreFixtures.admin;
import static dev.perennial.checkpoint.redis.StoreFixtures.connected;
import static dev.perennial.checkpoint.redis.StoreFixtures.failure;
import static dev.perennial.checkpoint.redis.StoreFixtures.hash;
import static dev.perennial.checkpoint.redis.StoreFixtures.impatient;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.simulators.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All claims of a store are renewed, whatever happens meanwhile. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ClaimRenewalTest {

  private final AtomicInteger lost = new AtomicInteger();
  private final Queue<CheckpointException> troubles = new ConcurrentLinkedQueue<>();
  private final TestRuntime runtime = new TestRuntime();

  @Test
  void goesOnAfterAnError() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(impatient(redis.uri()).runtime(runtime).build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      runtime.errors.set(2);
      soon().until(() -> runtime.errors.get() <= 0);
      String then = hash(redis, KEY).get("claim-expires");
      soon().until(() -> !hash(redis, KEY).get("claim-expires").equals(then));
      claim.save(ONE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void connectsAlsoIfThereWasNoThreadForItAtFirst() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store =
            impatient(redis.uri()).claimExpiry(Duration.ofHours(1)).runtime(runtime).build()) {
      runtime.errors.set(1);
      CheckpointException failure = failure(() -> admin(store).load("orders"));
      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("no thread for it");
      connected(store).tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow().close();
    }
  }

  @Test
  void renewsTheOthersAlsoIfOneFails() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store =
            connected(impatient(redis.uri()).onTrouble(troubles::add).build())) {
      List<String> keys = new ArrayList<>();
      for (int i = 0; i < 250; i++) {
        String id = "stream-" + i;
        store.tryClaim(id, why -> lost.incrementAndGet()).orElseThrow();
        keys.add("perennial:{" + id + "}");
      }
      // One that Redis answers with an error each time, whichever batch it is in.
      keys.remove("perennial:{stream-100}");
      redis.command("ACL", "SETUSER", "default", "resetkeys");
      List<String> allowed = new ArrayList<>(List.of("ACL", "SETUSER", "default"));
      keys.forEach(key -> allowed.add("~" + key));
      redis.command(allowed.toArray(String[]::new));
      for (int round = 0; round < 2; round++) {
        Map<String, String> then = new HashMap<>();
        keys.forEach(key -> then.put(key, hash(redis, key).get("claim-expires")));
        soon()
            .until(() ->
                keys.stream()
                    .noneMatch(key -> hash(redis, key).get("claim-expires").equals(then.get(key))));
      }
      assertThat(troubles).isNotEmpty().allMatch(one -> one.reason() == Reason.UNAVAILABLE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void renewsManyWithoutAThreadForEachAndSaysThatItCannot() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store =
            connected(
                impatient(redis.uri())
                    .commandTimeout(Duration.ofSeconds(1))
                    .runtime(runtime)
                    .onTrouble(troubles::add)
                    .build())) {
      List<CheckpointClaim> claims = new ArrayList<>();
      for (int i = 0; i < 250; i++) {
        claims.add(store.tryClaim("stream " + i, why -> lost.incrementAndGet()).orElseThrow());
      }
      redis.pause();
      soon().until(() -> troubles.size() >= 2);
      assertThat(runtime.most).as("the renewals, and a new connection").hasValueLessThan(4);
      assertThat(troubles.peek()).hasMessageContaining("did not answer within 1 s");
      redis.resume();
      String key = "perennial:{stream 249}";
      String then = hash(redis, key).get("claim-expires");
      soon().until(() -> !hash(redis, key).get("claim-expires").equals(then));
      for (CheckpointClaim claim : claims) {
        claim.save(ONE);
      }
      assertThat(lost).hasValue(0);
    }
  }
}
