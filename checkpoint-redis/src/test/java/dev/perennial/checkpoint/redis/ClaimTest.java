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

import dev.perennial.checkpoint.redis.internal.Script;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who has the claim, and what becomes of one that was overtaken. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ClaimTest {

  @RegisterExtension static SharedRedisServer redis = new SharedRedisServer();

  private final AtomicInteger lost = new AtomicInteger();

  /** Its claims are renewed so seldom that no test sees it. */
  private RedisCheckpointStore patient;

  private RedisCheckpointStore impatient;

  @BeforeEach
  void open() {
    patient = connected(patient(redis.uri()).build());
    impatient = connected(impatient(redis.uri()).build());
  }

  @AfterEach
  void close() {
    patient.close();
    impatient.close();
  }

  @Test
  void keepsAClaimByRenewingIt() throws Exception {
    try (RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      String first = expiry();
      soon().until(() -> Long.parseLong(expiry()) > Long.parseLong(first) + 1_500);
      assertThat(patient.tryClaim("orders", NOTHING)).isEmpty();
      claim.save(ONE);
    }
    assertThat(lost).hasValue(0);
    assertThat(hash(redis.server(), KEY))
        .doesNotContainKeys("owner", "claim-expires")
        .containsKey("epoch");
  }

  @Test
  void letsAnotherHaveAClaimThatRanOut() throws Exception {
    CheckpointClaim dead = patient.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    dead.save(ONE);
    expire(redis.server(), KEY);
    try (CheckpointClaim claim = impatient.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      CheckpointException failure = failure(() -> dead.save(THREE));
      assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
      assertThat(failure)
          .hasMessageContaining(KEY)
          .hasMessageContaining(hash(redis.server(), KEY).get("owner"))
          .hasMessageContaining("Nothing was saved");
      assertThat(failure(() -> dead.save(THREE)).reason()).isEqualTo(Reason.CLAIM_LOST);
      assertThat(failure(dead::load).reason()).isEqualTo(Reason.CLAIM_LOST);
      dead.close();
      assertThat(lost).as("the save's exception tells").hasValue(0);
      assertThat(claim.load()).contains(TWO);
      claim.save(THREE);
    }
    assertThat(admin(patient).load("orders")).contains(THREE);
  }

  @Test
  void tellsOneThatWasOvertakenAtItsNextRenewal() throws Exception {
    CheckpointClaim claim =
        impatient.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    soon()
        .until(() -> {
          expire(redis.server(), KEY);
          return patient.tryClaim("orders", NOTHING).isPresent();
        });
    soon().untilAtomic(lost, is(1));
    CheckpointException failure = failure(() -> claim.save(ONE));
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure).hasMessageContaining(hash(redis.server(), KEY).get("owner"));
    assertThat(lost).hasValue(1);
    claim.close();
    assertThat(patient.tryClaim("orders", NOTHING)).as("still the other's").isEmpty();
  }

  @Test
  void tellsOneThatWasOvertakenAlsoIfToldOfTroubleItFails() throws Exception {
    try (RedisCheckpointStore failing =
        impatient(redis.uri())
            .onTrouble(why -> {
              throw new AssertionError(why);
            })
            .build()) {
      failing.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      failing.tryClaim("payments", why -> lost.incrementAndGet()).orElseThrow();
      soon()
          .until(() -> {
            expire(redis.server(), KEY);
            return patient.tryClaim("orders", NOTHING).isPresent();
          });
      soon().untilAtomic(lost, is(1));
    }
  }

  @Test
  void tellsOneThatWasOvertakenAlsoIfTheOtherIsGoneAgain() throws Exception {
    CheckpointClaim old = patient.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    expire(redis.server(), KEY);
    try (CheckpointClaim claim = impatient.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(TWO);
    }
    assertThat(failure(() -> old.save(ONE)).reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(admin(patient).load("orders")).contains(TWO);
  }

  @Test
  void goesOnPastItsExpiryIfNobodyTookOver() throws Exception {
    try (CheckpointClaim claim =
        patient.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      expire(redis.server(), KEY);
      claim.save(ONE);
      assertThat(impatient.tryClaim("orders", NOTHING)).as("the save renews the claim").isEmpty();
    }
    assertThat(lost).hasValue(0);
  }

  @Test
  void growsTheEpochWithEveryClaim() throws Exception {
    List<Long> epochs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      try (CheckpointClaim claim = patient.tryClaim("orders", NOTHING).orElseThrow()) {
        claim.save(ONE);
        epochs.add(Long.valueOf(hash(redis.server(), KEY).get("epoch")));
      }
      if (i == 2) {
        admin(patient).delete("orders");
      }
      if (i == 3) {
        // What a failover to a server that knows nothing of it would look like.
        redis.command("DEL", KEY);
        admin(patient).delete("orders");
        // Epochs are the server's milliseconds, and nothing tells it now of the one before.
        long before = redis.millis();
        soon().until(() -> redis.millis() > before);
      }
    }
    assertThat(epochs).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void doesNotLetAnOldClaimPassADelete() throws Exception {
    CheckpointClaim old = patient.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
    old.save(ONE);
    expire(redis.server(), KEY);
    assertThat(admin(impatient).delete("orders")).isTrue();
    assertThat(admin(impatient).load("orders")).isEmpty();
    assertThat(admin(impatient).streamIds()).isEmpty();
    CheckpointException failure = failure(() -> old.save(TWO));
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure).hasMessageContaining("deleted");
    assertThat(admin(impatient).load("orders")).isEmpty();
    assertThat(Long.parseLong(String.valueOf(redis.command("PTTL", KEY))))
        .as("what is left does not stay for ever")
        .isPositive();
    try (CheckpointClaim claim = impatient.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(THREE);
    }
    assertThat(redis.command("PTTL", KEY)).as("but a checkpoint does").isEqualTo(-1L);
  }

  @Test
  void refusesASaveThatComesLate() throws Exception {
    try (CheckpointClaim claim = patient.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(ONE);
      String late = hash(redis.server(), KEY).get("save");
      claim.save(TWO);
      assertThat(lateSave(late, ONE.toLine())).as("an older one").contains("stale");
      assertThat(lateSave(hash(redis.server(), KEY).get("save"), TWO.toLine()))
          .as("the same again")
          .contains("ok");
      assertThat(claim.load()).contains(TWO);
      claim.save(THREE);
    }
    assertThat(lateSave("9", ONE.toLine())).as("after the claim was given up").contains("lost");
    assertThat(admin(patient).load("orders")).contains(THREE);
  }

  /** Sends what a save sends, under the claim as it is. */
  private static String lateSave(String number, String line) {
    var fields = hash(redis.server(), KEY);
    return String.valueOf(
        redis.command(
            "EVAL",
            Script.KEEP.text(),
            "1",
            KEY,
            fields.getOrDefault("owner", "nobody"),
            fields.get("epoch"),
            "60000",
            "0",
            number,
            line));
  }

  @Test
  void letsOneOfManyThreadsClaimAndSavesInOneOrder() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 10; round++) {
        List<Callable<Optional<CheckpointClaim>>> tries = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          RedisCheckpointStore store = i % 2 == 0 ? patient : impatient;
          tries.add(() -> store.tryClaim("orders", why -> lost.incrementAndGet()));
        }
        List<CheckpointClaim> claimed = new ArrayList<>();
        for (Future<Optional<CheckpointClaim>> one : threads.invokeAll(tries)) {
          one.get().ifPresent(claimed::add);
        }
        assertThat(claimed).hasSize(1);
        claimed.get(0).save(ONE);
        claimed.get(0).close();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(lost).hasValue(0);
    assertThat(hash(redis.server(), KEY).get("save")).isEqualTo("10");
  }

  @Test
  void costsAStandbyOneReadEachTime() throws Exception {
    try (CheckpointClaim claim = patient.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(ONE);
      String before = redis.server().info("persistence");
      for (int i = 0; i < 10; i++) {
        assertThat(impatient.tryClaim("orders", NOTHING)).isEmpty();
      }
      assertThat(changes(redis.server().info("persistence"))).isEqualTo(changes(before));
    }
  }

  private static String changes(String persistence) {
    return persistence.replaceAll("(?s).*rdb_changes_since_last_save:(\\d+).*", "$1");
  }

  private static String expiry() {
    return hash(redis.server(), KEY).getOrDefault("claim-expires", "0");
  }
}
