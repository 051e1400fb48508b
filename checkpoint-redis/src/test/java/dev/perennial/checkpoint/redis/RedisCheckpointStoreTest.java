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
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the store does on a server that works. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RedisCheckpointStoreTest {

  @RegisterExtension static SharedRedisServer redis = new SharedRedisServer();

  private RedisCheckpointStore store;

  @BeforeEach
  void openStore() {
    store = connected(RedisCheckpointStore.at(redis.uri()));
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void loadsWhatWasSavedLast() throws Exception {
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).isEmpty();
      claim.save(ONE);
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
    }
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).contains(TWO);
    }
    assertThat(admin(store).load("orders")).contains(TWO);
  }

  @Test
  void letsOneAtATimeClaimAStreamId() throws Exception {
    try (RedisCheckpointStore other = RedisCheckpointStore.at(redis.uri())) {
      CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
      assertThat(store.tryClaim("orders", NOTHING)).as("the same store").isEmpty();
      assertThat(other.tryClaim("orders", NOTHING)).as("another store").isEmpty();
      other.tryClaim("payments", NOTHING).orElseThrow().close();
      claim.close();
      other.tryClaim("orders", NOTHING).orElseThrow().close();
    }
  }

  @Test
  void saysThatItWasGivenUp() throws Exception {
    CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
    claim.close();
    claim.close();
    assertThatThrownBy(() -> claim.save(ONE))
        .isInstanceOfSatisfying(
            CheckpointException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CLAIM_LOST))
        .hasMessageContaining("was released before")
        .hasMessageContaining("orders");
    assertThat(admin(store).load("orders")).isEmpty();
  }

  @Test
  void listsAndDeletes() throws Exception {
    for (String id : List.of("orders", "a b", "ü{x}*?[", "}")) {
      try (CheckpointClaim claim = store.tryClaim(id, NOTHING).orElseThrow()) {
        claim.save(ONE);
        assertThatThrownBy(() -> admin(store).delete(id))
            .isInstanceOf(CheckpointException.class)
            .hasMessageContaining("holds its claim");
      }
    }
    store.tryClaim("never saved", NOTHING).orElseThrow().close();
    assertThat(admin(store).streamIds()).containsExactly("a b", "orders", "}", "ü{x}*?[");
    assertThat(admin(store).delete("orders")).isTrue();
    assertThat(admin(store).delete("orders")).isFalse();
    assertThat(admin(store).delete("unknown")).isFalse();
    assertThat(admin(store).streamIds()).containsExactly("a b", "}", "ü{x}*?[");
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).isEmpty();
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
    }
  }

  @Test
  void keepsPrefixesApart() throws Exception {
    try (RedisCheckpointStore other =
            RedisCheckpointStore.builder(io.lettuce.core.RedisURI.create(redis.uri()))
                .prefix("perennial*")
                .build();
        CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
        CheckpointClaim otherSlot = other.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(ONE);
      assertThat(otherSlot.load()).isEmpty();
      assertThat(admin(other).streamIds()).isEmpty();
      otherSlot.save(TWO);
      assertThat(claim.load()).contains(ONE);
      assertThat(admin(other).streamIds()).containsExactly("orders");
    }
  }

  @Test
  void writesWhatAPersonCanRead() throws Exception {
    Instant before = serverTime();
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(ONE);
      claim.save(TWO);
      Map<String, String> hash = hash(redis.server(), KEY);
      assertThat(hash)
          .containsOnlyKeys(
              "format",
              "epoch",
              "began",
              "owner",
              "claimed",
              "claim-expires",
              "save",
              "checkpoint",
              "saved")
          .containsEntry("format", "1")
          .containsEntry("save", "2")
          .containsEntry("checkpoint", "test\tprint\t2");
      assertThat(hash.get("owner")).contains(ProcessHandle.current().pid() + "/");
      Instant claimed = time(hash.get("claimed"));
      Instant saved = time(hash.get("saved"));
      assertThat(claimed).isBetween(before, saved);
      assertThat(saved).isBetween(claimed, serverTime());
      assertThat(Long.parseLong(hash.get("epoch"))).isEqualTo(claimed.toEpochMilli());
      assertThat(Long.parseLong(hash.get("claim-expires")))
          .isGreaterThanOrEqualTo(saved.plusSeconds(15).toEpochMilli());
      assertThat(redis.command("PTTL", KEY)).as("it stays for ever").isEqualTo(-1L);
    }
    assertThat(hash(redis.server(), KEY))
        .containsOnlyKeys("format", "epoch", "began", "save", "checkpoint", "saved");
  }

  private static Instant time(String millis) {
    return Instant.ofEpochMilli(Long.parseLong(millis));
  }

  /** In milliseconds, rounded down, as the scripts have it. */
  private static Instant serverTime() {
    List<?> time = (List<?>) redis.command("TIME");
    return Instant.ofEpochSecond(
            Long.parseLong((String) time.get(0)), 1_000 * Long.parseLong((String) time.get(1)))
        .truncatedTo(ChronoUnit.MILLIS);
  }

  /** What docs/operate.md says how to. */
  private static void putBack(Checkpoint checkpoint) {
    redis.command("HSET", KEY, "format", "1", "checkpoint", checkpoint.toLine());
    redis.command("PERSIST", KEY);
  }

  @Test
  void takesACheckpointThatAPersonPutsBack() throws Exception {
    putBack(TWO);
    assertThat(admin(store).load("orders")).contains(TWO);
    assertThat(admin(store).streamIds()).containsExactly("orders");
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).contains(TWO);
      claim.save(ONE);
    }
    assertThat(admin(store).delete("orders")).isTrue();
    putBack(TWO);
    assertThat(timeToLive()).as("it stays, also if nobody claims it for weeks").isEqualTo(-1);
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).as("also where it was deleted").contains(TWO);
    }
    assertThat(timeToLive()).isEqualTo(-1);
  }

  @Test
  void limitsTheLifeOfACheckpointIfAskedTo() throws Exception {
    RedisCheckpointStoreBuilder builder = impatient(redis.uri());
    long[] last = {0};
    try (RedisCheckpointStore limited = builder.timeToLive(Duration.ofHours(1)).build()) {
      CheckpointClaim claim = limited.tryClaim("orders", NOTHING).orElseThrow();
      assertThat(timeToLive()).isPositive();
      redis.command("PERSIST", KEY);
      claim.save(ONE);
      assertThat(timeToLive()).as("after a save").isPositive();
      redis.command("PERSIST", KEY);
      soon().until(() -> (last[0] = timeToLive()) > 0);
      redis.command("PERSIST", KEY);
      claim.close();
      assertThat(timeToLive()).as("after the claim was given up").isPositive();
    }
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(timeToLive()).as("claimed by one that sets no limit").isEqualTo(-1);
      assertThat(claim.load()).contains(ONE);
    }
    assertThat(last[0]).isLessThanOrEqualTo(Duration.ofHours(1).toMillis());
  }

  private static long timeToLive() {
    return Long.parseLong(String.valueOf(redis.command("PTTL", KEY)));
  }

  @Test
  void refusesWhatIsNoText() throws Exception {
    try (CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(ONE);
      CheckpointException failure = failure(() -> claim.save(new Checkpoint("test", "", "\ud800")));
      assertThat(failure.reason()).isEqualTo(Reason.CORRUPT);
      assertThat(failure).hasMessageContaining("surrogate");
      Checkpoint odd = new Checkpoint("t\te", "\n\\", "\u0000 \ud83d\ude00 \r");
      claim.save(odd);
      assertThat(claim.load()).contains(odd);
    }
  }
}
