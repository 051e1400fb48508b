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
import static dev.perennial.checkpoint.redis.StoreFixtures.impatient;
import static dev.perennial.checkpoint.redis.StoreFixtures.patient;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.port.LogText;
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
    try (CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow()) {
      slot.save(checkpoint);
    }
  }

  @Test
  void whatWasThereAtTheClaimIsLoadedAlthoughItIsForgottenSince() throws Exception {
    saved(ONE);
    CheckpointSlot slot = other.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    redis.command("FLUSHALL");
    assertThat(slot.load()).contains(ONE);
    slot.close();
    assertThat(store.load("orders")).as("given back with the claim").contains(ONE);
    assertThat(lost).hasValue(0);
  }

  @Test
  void aRenewalWritesAgainAlsoWhatWasNotLoadedYet() throws Exception {
    saved(ONE);
    try (RedisCheckpointStore renewing = connected(impatient(redis.uri()).build());
        CheckpointSlot slot = renewing.tryClaim("orders", NOTHING).orElseThrow()) {
      redis.command("FLUSHALL");
      soon().until(() -> hash(redis.server(), KEY).containsKey("owner"));
      assertThat(store.load("orders")).contains(ONE);
      assertThat(slot.load()).contains(ONE);
    }
  }

  @Test
  void aClaimThatIsGivenUpLeavesTheCheckpointBehind() throws Exception {
    CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
    slot.save(ONE);
    redis.command("FLUSHALL");
    slot.close();
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("owner");
    try (CheckpointSlot next = other.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(next.load()).contains(ONE);
    }
  }

  @Test
  void oneThatWasOvertakenDoesNotComeBackByWayOfAnEmptyServer() throws Exception {
    for (boolean overtakenFirst : new boolean[] {true, false}) {
      redis.command("FLUSHALL");
      store.delete("orders");
      CheckpointSlot overtaken = store.tryClaim("orders", NOTHING).orElseThrow();
      overtaken.save(ONE);
      expire(redis.server(), KEY);
      CheckpointSlot owner = other.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      owner.save(TWO);
      redis.command("FLUSHALL");
      if (overtakenFirst) {
        overtaken.save(ONE);
      }
      owner.save(THREE);
      assertThat(failure(() -> overtaken.save(ONE)).kind()).isEqualTo(Kind.CLAIM_LOST);
      owner.save(THREE);
      assertThat(store.load("orders")).contains(THREE);
      overtaken.close();
      owner.close();
      other.delete("orders");
    }
    assertThat(lost).hasValue(0);
  }

  /** Has another one begin with nothing, and save often enough to be ahead of everybody. */
  private CheckpointSlot begun() throws Exception {
    // Epochs are the server's milliseconds: within the same one the claim might not be the higher.
    long before = redis.millis();
    soon().until(() -> redis.millis() > before + 5);
    CheckpointSlot slot = other.tryClaim("orders", NOTHING).orElseThrow();
    assertThat(slot.load()).isEmpty();
    for (int i = 0; i < 5; i++) {
      slot.save(TWO);
    }
    return slot;
  }

  /** What docs/operate.md says to do about it. */
  private static void putBackWhatWasForgotten() {
    String forgotten = String.valueOf(redis.command("HGET", KEY, "forgotten"));
    redis.command("HSET", KEY, "checkpoint", forgotten);
    redis.command("HDEL", KEY, "forgotten");
  }

  @Test
  void keepsTheCheckpointThatAnotherBeganWithout() throws Exception {
    CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
    slot.save(ONE);
    redis.command("FLUSHALL");
    CheckpointSlot highest = begun();
    CheckpointException failure = failure(() -> slot.save(THREE));
    assertThat(failure.kind()).isEqualTo(Kind.CLAIM_LOST);
    assertThat(failure)
        .hasMessageContaining(hash(redis.server(), KEY).get("owner") + " owns it")
        .hasMessageContaining("started without this stream's checkpoint")
        .hasMessageContaining("\"forgotten\"");
    highest.save(TWO);
    assertThat(store.load("orders")).as("the highest epoch wins").contains(TWO);
    highest.close();
    putBackWhatWasForgotten();
    try (CheckpointSlot next = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(next.load()).contains(THREE);
    }
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("forgotten");
  }

  @Test
  void keepsItAlsoIfThatOneIsGoneAgain() throws Exception {
    CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
    slot.save(ONE);
    redis.command("FLUSHALL");
    begun().close();
    try (CheckpointSlot next = other.tryClaim("orders", NOTHING).orElseThrow()) {
      next.save(TWO);
    }
    assertThat(failure(() -> slot.save(THREE)))
        .hasMessageContaining("another stream owned it meanwhile. ")
        .hasMessageContaining("forgotten");
    assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", THREE.toLine());
  }

  @Test
  void keepsItAlsoIfOnlyTheClaimWasLeft() throws Exception {
    CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
    slot.save(ONE);
    redis.command("HDEL", KEY, "checkpoint", "saved");
    redis.command("HSET", KEY, "save", "0");
    expire(redis.server(), KEY);
    try (CheckpointSlot next = begun()) {
      assertThat(failure(() -> slot.save(THREE))).hasMessageContaining("forgotten");
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
        CheckpointSlot slot =
            renewing.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      soon()
          .until(() -> {
            // A renewal may come in between and write it again.
            redis.command("DEL", KEY);
            return other.tryClaim("orders", NOTHING).isPresent();
          });
      soon().untilAtomic(lost, is(1));
      assertThat(failure(() -> slot.save(TWO))).hasMessageContaining("forgotten");
      soon().until(() -> told.stream().anyMatch(one -> one.getMessage().contains("forgotten")));
      assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", ONE.toLine());
    }
  }

  @Test
  void keepsItAlsoIfACloseFindsOut() throws Exception {
    saved(ONE);
    CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
    redis.command("FLUSHALL");
    begun().close();
    CheckpointException failure = failure(slot::close);
    assertThat(failure.kind()).isEqualTo(Kind.CLAIM_LOST);
    assertThat(failure).hasMessageContaining("forgotten");
    assertThat(hash(redis.server(), KEY)).containsEntry("forgotten", ONE.toLine());
  }

  @Test
  void saysItInTheErrorWhereRedisTakesNoWrites() throws Exception {
    CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
    slot.save(ONE);
    redis.command("FLUSHALL");
    begun().close();
    redis.command("CONFIG", "SET", "maxmemory", "1");
    try {
      CheckpointException failure = failure(() -> slot.save(THREE));
      assertThat(failure.kind()).isEqualTo(Kind.CLAIM_LOST);
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
    CheckpointSlot deleted = store.tryClaim("orders", NOTHING).orElseThrow();
    deleted.save(ONE);
    expire(redis.server(), KEY);
    assertThat(other.delete("orders")).isTrue();
    begun().close();
    CheckpointException failure = failure(() -> deleted.save(THREE));
    assertThat(failure.kind()).isEqualTo(Kind.CLAIM_LOST);
    assertThat(failure).hasMessageContaining("deleted").hasMessageNotContaining("forgotten");
    deleted.close();
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("forgotten");
  }

  @Test
  void takesNothingForForgottenThatWasNeverSaved() throws Exception {
    CheckpointSlot fruitless = store.tryClaim("orders", NOTHING).orElseThrow();
    redis.command("FLUSHALL");
    begun().close();
    CheckpointException failure = failure(() -> fruitless.save(ONE));
    assertThat(failure.kind()).isEqualTo(Kind.CLAIM_LOST);
    assertThat(failure).hasMessageNotContaining("started without");
    fruitless.close();
    assertThat(hash(redis.server(), KEY)).doesNotContainKey("forgotten");
  }

  @Test
  void oneThatBeganOnAServerWhoseClockIsBehindLosesItsClaim() throws Exception {
    long later = System.currentTimeMillis() + Duration.ofHours(1).toMillis();
    redis.command("HSET", KEY, "format", "1", "epoch", String.valueOf(later));
    CheckpointSlot slot = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    slot.save(ONE);
    redis.command("FLUSHALL");
    CheckpointSlot behind = begun();
    slot.save(THREE);
    CheckpointException failure = failure(() -> behind.save(TWO));
    assertThat(failure.kind()).isEqualTo(Kind.CLAIM_LOST);
    assertThat(failure).hasMessageNotContaining("forgotten");
    assertThat(store.load("orders")).contains(THREE);
    assertThat(hash(redis.server(), KEY)).containsEntry("epoch", String.valueOf(later + 1));
    assertThat(lost).hasValue(0);
  }

  @Test
  void aClaimThatAloneIsForgottenGoesOn() throws Exception {
    saved(ONE);
    Map<String, String> before = hash(redis.server(), KEY);
    CheckpointSlot slot = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    List<String> command = new ArrayList<>(List.of("HSET", KEY));
    before.forEach((field, value) -> command.addAll(List.of(field, value)));
    redis.command("DEL", KEY);
    redis.command(command.toArray(String[]::new));
    slot.save(TWO);
    assertThat(other.tryClaim("orders", NOTHING)).isEmpty();
    slot.close();
    assertThat(other.load("orders")).contains(TWO);
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
      CheckpointSlot slot = given.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      slot.save(ONE);
      proxy.loseNextReply();
      slot.save(TWO);
      proxy.loseNextReply();
      slot.close();
      assertThat(store.load("orders")).contains(TWO);
      assertThat(store.tryClaim("orders", NOTHING)).isPresent();
      assertThat(lost).hasValue(0);
    }
  }
}
