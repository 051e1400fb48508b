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
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.port.support.LogText;
import dev.perennial.simulators.network.FaultProxy;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Redis has forgotten all, or the last of it, or a claim was carried out twice. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DataLossTest {

  @RegisterExtension static SharedRedisServer redis = new SharedRedisServer();

  private final AtomicInteger lost = new AtomicInteger();
  private RedisCheckpointStore store;
  private RedisCheckpointStore other;

  @BeforeEach
  void open() {
    store = connected(patient(redis.uri()).build());
    other = connected(patient(redis.uri()).build());
  }

  @AfterEach
  void close() {
    store.close();
    other.close();
  }

  private void saved(Checkpoint checkpoint) throws Exception {
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(checkpoint);
    }
  }

  @Test
  void whatWasThereAtTheClaimIsLoadedAlthoughItIsForgottenSince() throws Exception {
    saved(ONE);
    CheckpointClaim claim = other.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    redis.command("FLUSHALL");
    assertThat(claim.load()).contains(ONE);
    claim.close();
    assertThat(admin(store).load("orders")).as("given back with the claim").contains(ONE);
    assertThat(lost).hasValue(0);
  }

  @Test
  void aRenewalWritesAgainAlsoWhatWasNotLoadedYet() throws Exception {
    saved(ONE);
    try (RedisCheckpointStore renewing = connected(impatient(redis.uri()).build());
        CheckpointClaim claim = renewing.tryClaim("orders", NOTHING).orElseThrow()) {
      redis.command("FLUSHALL");
      soon().until(() -> hash(redis.server(), KEY).containsKey("owner"));
      assertThat(admin(store).load("orders")).contains(ONE);
      assertThat(claim.load()).contains(ONE);
    }
  }

  @Test
  void aClaimThatIsGivenUpLeavesTheCheckpointBehind() throws Exception {
    CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
    claim.save(ONE);
    redis.command("FLUSHALL");
    claim.close();
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("owner");
    try (CheckpointClaim next = other.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(next.load()).contains(ONE);
    }
  }

  @Test
  void oneThatWasOvertakenDoesNotComeBackByWayOfAnEmptyServer() throws Exception {
    for (boolean overtakenFirst : new boolean[] {true, false}) {
      redis.command("FLUSHALL");
      admin(store).delete("orders");
      CheckpointClaim overtaken = store.tryClaim("orders", NOTHING).orElseThrow();
      overtaken.save(ONE);
      expire(redis.server(), KEY);
      CheckpointClaim owner = other.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      owner.save(TWO);
      redis.command("FLUSHALL");
      if (overtakenFirst) {
        overtaken.save(ONE);
      }
      owner.save(THREE);
      assertThat(failure(() -> overtaken.save(ONE)).reason()).isEqualTo(Reason.CLAIM_LOST);
      owner.save(THREE);
      assertThat(admin(store).load("orders")).contains(THREE);
      overtaken.close();
      owner.close();
      admin(other).delete("orders");
    }
    assertThat(lost).hasValue(0);
  }

  /** Has another one begin with nothing, and save often enough to be ahead of everybody. */
  private CheckpointClaim begun() throws Exception {
    // Epochs are the server's milliseconds: within the same one the claim might not be the higher.
    long before = redis.millis();
    soon().until(() -> redis.millis() > before + 5);
    CheckpointClaim claim = other.tryClaim("orders", NOTHING).orElseThrow();
    assertThat(claim.load()).isEmpty();
    for (int i = 0; i < 5; i++) {
      claim.save(TWO);
    }
    return claim;
  }

  /** What docs/operate.md says to do about it. */
  private static void putBackWhatWasForgotten() {
    String forgotten = String.valueOf(redis.command("HGET", KEY, "forgotten"));
    redis.command("HSET", KEY, "checkpoint", forgotten);
    redis.command("HDEL", KEY, "forgotten");
  }

  @Test
  void keepsTheCheckpointThatAnotherBeganWithout() throws Exception {
    CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
    claim.save(ONE);
    redis.command("FLUSHALL");
    CheckpointClaim highest = begun();
    CheckpointException failure = failure(() -> claim.save(THREE));
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure)
        .hasMessageContaining(hash(redis.server(), KEY).get("owner") + " owns it")
        .hasMessageContaining("started without this stream's checkpoint")
        .hasMessageContaining("\"forgotten\"");
    highest.save(TWO);
    assertThat(admin(store).load("orders")).as("the highest epoch wins").contains(TWO);
    highest.close();
    putBackWhatWasForgotten();
    try (CheckpointClaim next = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(next.load()).contains(THREE);
    }
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("forgotten");
  }

  @Test
  void keepsItAlsoIfThatOneIsGoneAgain() throws Exception {
    CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
    claim.save(ONE);
    redis.command("FLUSHALL");
    begun().close();
    try (CheckpointClaim next = other.tryClaim("orders", NOTHING).orElseThrow()) {
      next.save(TWO);
    }
    assertThat(failure(() -> claim.save(THREE)))
        .hasMessageContaining("another stream owned it meanwhile. ")
        .hasMessageContaining("forgotten");
    assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", THREE.toLine());
  }

  @Test
  void keepsItAlsoIfOnlyTheClaimWasLeft() throws Exception {
    CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
    claim.save(ONE);
    redis.command("HDEL", KEY, "checkpoint", "saved");
    redis.command("HSET", KEY, "save", "0");
    expire(redis.server(), KEY);
    try (CheckpointClaim next = begun()) {
      assertThat(failure(() -> claim.save(THREE))).hasMessageContaining("forgotten");
      assertThat(next.load()).contains(TWO);
    }
    assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", THREE.toLine());
  }

  @Test
  void keepsItAlsoIfARenewalFindsOut() throws Exception {
    Queue<CheckpointException> told = new ConcurrentLinkedQueue<>();
    saved(ONE);
    try (RedisCheckpointStore renewing =
            connected(impatient(redis.uri()).onTrouble(told::add).build());
        CheckpointClaim claim =
            renewing.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      soon()
          .until(() -> {
            // A renewal may come in between and write it again.
            redis.command("DEL", KEY);
            return other.tryClaim("orders", NOTHING).isPresent();
          });
      soon().untilAtomic(lost, is(1));
      assertThat(failure(() -> claim.save(TWO))).hasMessageContaining("forgotten");
      soon().until(() -> told.stream().anyMatch(one -> one.getMessage().contains("forgotten")));
      assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", ONE.toLine());
    }
  }

  @Test
  void keepsItAlsoIfACloseFindsOut() throws Exception {
    saved(ONE);
    CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
    redis.command("FLUSHALL");
    begun().close();
    CheckpointException failure = failure(claim::close);
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure).hasMessageContaining("forgotten");
    assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", ONE.toLine());
  }

  @Test
  void saysItInTheErrorWhereRedisTakesNoWrites() throws Exception {
    CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
    claim.save(ONE);
    redis.command("FLUSHALL");
    begun().close();
    redis.command("CONFIG", "SET", "maxmemory", "1");
    try {
      CheckpointException failure = failure(() -> claim.save(THREE));
      assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
      assertThat(failure)
          .hasMessageContaining("Redis accepts no writes now")
          .hasMessageContaining(LogText.line(THREE.toLine()));
    } finally {
      redis.command("CONFIG", "SET", "maxmemory", "0");
    }
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("forgotten");
  }

  @Test
  void takesNothingForForgottenThatWasDeleted() throws Exception {
    CheckpointClaim deleted = store.tryClaim("orders", NOTHING).orElseThrow();
    deleted.save(ONE);
    expire(redis.server(), KEY);
    assertThat(admin(other).delete("orders")).isTrue();
    begun().close();
    CheckpointException failure = failure(() -> deleted.save(THREE));
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure).hasMessageContaining("deleted").hasMessageNotContaining("forgotten");
    deleted.close();
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("forgotten");
  }

  @Test
  void takesNothingForForgottenThatWasNeverSaved() throws Exception {
    CheckpointClaim fruitless = store.tryClaim("orders", NOTHING).orElseThrow();
    redis.command("FLUSHALL");
    begun().close();
    CheckpointException failure = failure(() -> fruitless.save(ONE));
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure).hasMessageNotContaining("started without");
    fruitless.close();
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("forgotten");
  }

  @Test
  void oneThatBeganOnAServerWhoseClockIsBehindLosesItsClaim() throws Exception {
    long later = System.currentTimeMillis() + Duration.ofHours(1).toMillis();
    redis.command("HSET", KEY, "format", "1", "epoch", String.valueOf(later));
    CheckpointClaim claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    claim.save(ONE);
    redis.command("FLUSHALL");
    CheckpointClaim behind = begun();
    claim.save(THREE);
    CheckpointException failure = failure(() -> behind.save(TWO));
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure).hasMessageNotContaining("forgotten");
    assertThat(admin(store).load("orders")).contains(THREE);
    assertThat(hash(redis.server(), KEY)).containsEntry("epoch", String.valueOf(later + 1));
    assertThat(lost).hasValue(0);
  }

  @Test
  void aClaimThatAloneIsForgottenGoesOn() throws Exception {
    saved(ONE);
    Map<String, String> before = hash(redis.server(), KEY);
    CheckpointClaim claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    List<String> command = new ArrayList<>(List.of("HSET", KEY));
    before.forEach((field, value) -> command.addAll(List.of(field, value)));
    redis.command("DEL", KEY);
    redis.command(command.toArray(String[]::new));
    claim.save(TWO);
    assertThat(other.tryClaim("orders", NOTHING)).isEmpty();
    claim.close();
    assertThat(admin(other).load("orders")).contains(TWO);
    assertThat(lost).hasValue(0);
  }

  @Test
  void aClaimOfWhichTheAnswerIsLostAndThatIsSentAgainIsTheSameClaim() throws Exception {
    try (FaultProxy proxy = FaultProxy.to(redis.server().port());
        RedisClient client = RedisClient.create("redis://" + proxy.address());
        RedisCheckpointStore given =
            connected(
                RedisCheckpointStore.builder(client)
                    .claimExpiry(Duration.ofHours(1))
                    .commandTimeout(Duration.ofSeconds(15))
                    .build())) {
      given.tryClaim("other", NOTHING).orElseThrow().close();
      proxy.loseNextReply();
      CheckpointClaim claim = given.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      claim.save(ONE);
      proxy.loseNextReply();
      claim.save(TWO);
      proxy.loseNextReply();
      claim.close();
      assertThat(admin(store).load("orders")).contains(TWO);
      assertThat(store.tryClaim("orders", NOTHING)).isPresent();
      assertThat(lost).hasValue(0);
    }
  }
}
