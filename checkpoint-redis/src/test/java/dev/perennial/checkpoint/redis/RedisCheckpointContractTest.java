package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.KEY;
import static dev.perennial.checkpoint.redis.StoreFixtures.NOTHING;
import static dev.perennial.checkpoint.redis.StoreFixtures.ONE;
import static dev.perennial.checkpoint.redis.StoreFixtures.THREE;
import static dev.perennial.checkpoint.redis.StoreFixtures.TWO;
import static dev.perennial.checkpoint.redis.StoreFixtures.connected;
import static dev.perennial.checkpoint.redis.StoreFixtures.expire;
import static dev.perennial.checkpoint.redis.StoreFixtures.failure;
import static dev.perennial.checkpoint.redis.StoreFixtures.hash;
import static dev.perennial.checkpoint.redis.StoreFixtures.patient;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.port.CheckpointStore;
import dev.perennial.testkit.contract.CheckpointAdminContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RedisCheckpointContractTest extends CheckpointAdminContract {

  @RegisterExtension static SharedRedisServer redis = new SharedRedisServer();

  private RedisCheckpointStore store;
  private CheckpointAdmin admin;

  @BeforeEach
  void openStore() {
    store = connected(patient(redis.uri()).build());
    admin = store.admin().orElseThrow();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Override
  protected CheckpointStore store() {
    return store;
  }

  @Override
  protected void corrupt(String streamId) {
    redis.command("HSET", "perennial:{" + streamId + "}", "checkpoint", "damaged");
  }

  @Override
  protected void loseClaim(String streamId) {
    expire(redis.server(), "perennial:{" + streamId + "}");
  }

  @Test
  void aPutExcludesAStreamWhoseClaimHasExpired() throws Exception {
    CheckpointClaim paused = store.tryClaim("orders", NOTHING).orElseThrow();
    paused.save(ONE);
    expire(redis.server(), KEY);

    admin.put("orders", TWO);

    CheckpointException lost = failure(() -> paused.save(THREE));
    assertThat(lost.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(lost).hasMessageContaining("the checkpoint was deleted or replaced");
    assertThat(admin.load("orders")).contains(TWO);
  }

  @Test
  void aPutLeavesWhatASaveLeaves() throws Exception {
    admin.put("orders", ONE);

    Map<String, String> hash = hash(redis.server(), KEY);
    assertThat(hash)
        .containsOnlyKeys("format", "epoch", "began", "save", "checkpoint", "saved")
        .containsEntry("checkpoint", ONE.toLine());
    assertThat(redis.command("PTTL", KEY)).as("it has no time to live").isEqualTo(-1L);
  }

  @Test
  void aPutAfterADeleteStaysForEver() throws Exception {
    admin.put("orders", ONE);
    admin.delete("orders");

    admin.put("orders", TWO);

    assertThat(redis.command("PTTL", KEY)).isEqualTo(-1L);
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("deleted");
  }

  @Test
  void aPutHasTheTimeToLiveOfItsStore() throws Exception {
    try (RedisCheckpointStore limited =
        patient(redis.uri()).timeToLive(Duration.ofDays(1)).build()) {
      limited.admin().orElseThrow().put("orders", ONE);
    }
    assertThat((long) redis.command("PTTL", KEY)).isPositive();
  }

  /** A person has yet to decide about it. */
  @Test
  void aPutKeepsAForgottenCheckpoint() throws Exception {
    admin.put("orders", ONE);
    redis.command("HSET", KEY, "forgotten", THREE.toLine());

    admin.put("orders", TWO);

    assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", THREE.toLine());
  }

  @Test
  void aPutReplacesWhatRedisHasLost() throws Exception {
    admin.put("orders", ONE);
    redis.command("DEL", KEY);
    assertThat(failure(() -> store.tryClaim("orders", NOTHING)))
        .hasMessageContaining("it is gone")
        .hasMessageContaining("put a copy with admin()");

    admin.put("orders", ONE);

    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).contains(ONE);
    }
  }

  /** It could be claimed in a way that this version does not know. */
  @Test
  void aPutRefusesWhatIsNoHashOfThisVersionUntilItIsDeleted() throws Exception {
    for (List<String> foreign :
        List.of(List.of("SET", KEY, "1"), List.of("HSET", KEY, "format", "2"))) {
      redis.command("DEL", KEY);
      redis.command(foreign.toArray(String[]::new));

      CheckpointException refused = failure(() -> admin.put("orders", ONE));

      assertThat(refused.reason()).isEqualTo(Reason.CORRUPT);
      assertThat(refused).hasMessageContaining("delete it");
      assertThat(admin.delete("orders")).isTrue();
      admin.put("orders", ONE);
      assertThat(admin.load("orders")).contains(ONE);
    }
  }

  @Test
  void failsAfterTheStoreWasClosed() {
    store.close();

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            admin::streamIds,
            () -> admin.load("orders"),
            () -> admin.put("orders", ONE),
            () -> admin.delete("orders"))) {
      assertThat(failure(call).reason()).isEqualTo(Reason.CLOSED);
    }
  }
}
