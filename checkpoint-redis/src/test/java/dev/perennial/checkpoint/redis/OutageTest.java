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
import static org.hamcrest.Matchers.is;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.simulators.network.FaultProxy;
import dev.perennial.simulators.redis.RedisServer;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redis pauses, dies, forgets, or is out of reach. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OutageTest {

  private final AtomicInteger lost = new AtomicInteger();
  private final Queue<CheckpointException> troubles = new ConcurrentLinkedQueue<>();

  @Test
  void goesOnAfterAPause() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store =
            connected(patient(redis.uri()).commandTimeout(Duration.ofSeconds(1)).build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      claim.save(ONE);
      redis.pause();
      CheckpointException save = failure(() -> claim.save(TWO));
      assertThat(save.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(save).hasMessageContaining("did not answer within 1 s");
      assertThat(failure(() -> store.tryClaim("other", NOTHING)).reason())
          .isEqualTo(Reason.UNAVAILABLE);
      redis.resume();
      claim.save(THREE);
      assertThat(admin(store).load("orders")).contains(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void goesOnWithAServerThatCameBackWithItsData() throws Exception {
    try (RedisServer redis = RedisServer.builder().persistent().start();
        RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      claim.save(ONE);
      redis.kill();
      assertThat(failure(() -> claim.save(TWO)).reason()).isEqualTo(Reason.UNAVAILABLE);
      redis.restart();
      assertThat(claim.load()).contains(ONE);
      savesSoon(claim, TWO);
      String renewed = hash(redis, KEY).get("claim-expires");
      soon().until(() -> !hash(redis, KEY).get("claim-expires").equals(renewed));
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void writesAgainWhatAServerForgotAndSaysSo() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store =
            connected(patient(redis.uri()).onTrouble(troubles::add).build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      claim.save(ONE);
      String epoch = hash(redis, KEY).get("epoch");
      redis.restart();
      savesSoon(claim, TWO);
      assertThat(admin(store).load("orders")).contains(TWO);
      assertThat(hash(redis, KEY)).containsKey("restored").containsEntry("epoch", epoch);
      assertThat(lost).hasValue(0);
      assertThat(troubles)
          .singleElement()
          .asString()
          .contains("wrote both again", "noeviction", KEY);
    }
  }

  @Test
  void writesAgainWhatAServerForgotAlsoWithoutASave() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        CheckpointClaim first = store.tryClaim("orders", NOTHING).orElseThrow()) {
      first.save(ONE);
      first.close();
      CheckpointClaim claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      redis.restart();
      soon()
          .ignoreExceptions()
          .until(() -> admin(store).load("orders").filter(ONE::equals).isPresent());
      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      claim.close();
      assertThat(admin(store).load("orders")).contains(TWO);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void writesAgainAlsoAClaimWithoutACheckpoint() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      redis.kill();
      assertThat(failure(() -> claim.save(ONE)).reason()).isEqualTo(Reason.UNAVAILABLE);
      redis.restart();
      soon().until(() -> hash(redis, KEY).containsKey("restored"));
      assertThat(claim.load()).as("of which nobody knows whether it was saved").isEmpty();
      assertThat(admin(store).streamIds()).isEmpty();
      claim.save(ONE);
      assertThat(admin(store).load("orders")).contains(ONE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void aStandbyDoesNotBeginWithoutTheCheckpointThatItSaw() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(patient(redis.uri()).build());
        RedisCheckpointStore standby = connected(impatient(redis.uri()).build())) {
      CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
      claim.save(ONE);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();
      redis.command("DEL", KEY);
      CheckpointException gone = failure(() -> standby.tryClaim("orders", NOTHING));
      assertThat(gone.reason()).as("the owner may write it again").isEqualTo(Reason.UNAVAILABLE);
      assertThat(gone).hasMessageContaining(KEY).hasMessageContaining("it is gone");
      claim.save(TWO);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();

      redis.command("DEL", KEY);
      store.close();
      assertThat(failure(() -> standby.tryClaim("orders", NOTHING)))
          .hasMessageContaining("it is gone");
      assertThat(admin(standby).delete("orders")).isFalse();
      standby.tryClaim("orders", NOTHING).orElseThrow().close();
    }
  }

  @Test
  void aStandbyDoesNotBeginWithoutItAlsoIfSomebodyElseBeganAndSavedNothing() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(patient(redis.uri()).build());
        RedisCheckpointStore knowsNothing = connected(patient(redis.uri()).build());
        RedisCheckpointStore standby = connected(patient(redis.uri()).build())) {
      CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
      claim.save(ONE);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();
      store.close();
      redis.command("DEL", KEY);
      CheckpointClaim fruitless = knowsNothing.tryClaim("orders", NOTHING).orElseThrow();
      assertThat(standby.tryClaim("orders", NOTHING)).as("which does not make it forget").isEmpty();
      fruitless.close();
      assertThat(failure(() -> standby.tryClaim("orders", NOTHING)))
          .hasMessageContaining("it is gone");

      assertThat(admin(knowsNothing).delete("orders")).isFalse();
      knowsNothing.tryClaim("orders", NOTHING).orElseThrow().close();
      assertThat(standby.tryClaim("orders", NOTHING)).as("deleted, by whomever").isPresent();
    }
  }

  @Test
  void aStandbyDoesNotBeginWithoutItAlsoIfTheClaimIsStillThere() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(patient(redis.uri()).build());
        RedisCheckpointStore standby = connected(patient(redis.uri()).build())) {
      CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
      claim.save(ONE);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();
      // What a failover leaves to a replica that has the claim, and not the save.
      redis.command("HDEL", KEY, "checkpoint", "saved");
      redis.command("HSET", KEY, "save", "0");
      expire(redis, KEY);
      assertThat(failure(() -> standby.tryClaim("orders", NOTHING)))
          .hasMessageContaining("it is gone");
      claim.close();
      try (CheckpointClaim next = standby.tryClaim("orders", NOTHING).orElseThrow()) {
        assertThat(next.load()).contains(ONE);
      }
    }
  }

  @Test
  void aSaveThatWasGivenUpDoesNoHarmWhenItArrivesLate() throws Exception {
    try (RedisServer redis = RedisServer.builder().persistent().start();
        FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore far =
            connected(
                patient("redis://" + proxy.address())
                    .commandTimeout(Duration.ofSeconds(1))
                    .build());
        RedisCheckpointStore near = connected(patient(redis.uri()).build())) {
      CheckpointClaim claim = far.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      claim.save(ONE);
      proxy.freeze();
      assertThat(failure(() -> claim.save(TWO)).reason()).isEqualTo(Reason.UNAVAILABLE);
      expire(redis, KEY);
      try (CheckpointClaim other = near.tryClaim("orders", NOTHING).orElseThrow()) {
        other.save(THREE);
        String scripts = calls(redis);
        proxy.thaw();
        // It was carried out, and had no effect.
        soon().until(() -> !calls(redis).equals(scripts));
        assertThat(admin(near).load("orders")).contains(THREE);
        assertThat(failure(() -> claim.save(TWO)).reason()).isEqualTo(Reason.CLAIM_LOST);
        assertThat(admin(near).load("orders")).contains(THREE);
      }
      assertThat(redis.writes().toString()).doesNotContain(TWO.toLine());
    }
  }

  private static String calls(RedisServer redis) {
    return redis.info("commandstats").replaceAll("(?s).*cmdstat_evalsha:calls=(\\d+),.*", "$1");
  }

  @Test
  void aSaveThatWasGivenUpDoesNoHarmBehindANewerOne() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore store =
            connected(
                patient("redis://" + proxy.address())
                    .commandTimeout(Duration.ofSeconds(1))
                    .build())) {
      CheckpointClaim claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      claim.save(ONE);
      proxy.freeze();
      for (int i = 0; i < 3; i++) {
        Checkpoint late = new Checkpoint("test", "", "late " + i);
        assertThat(failure(() -> claim.save(late)).reason()).isEqualTo(Reason.UNAVAILABLE);
      }
      proxy.thaw();
      // While the late ones come in, in whichever order.
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
      claim.save(THREE);
      claim.close();
      assertThat(admin(store).load("orders")).contains(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void aClaimThatWasNeverAnsweredRunsOut() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore store =
            connected(
                patient("redis://" + proxy.address())
                    .commandTimeout(Duration.ofSeconds(1))
                    .build())) {
      store.tryClaim("other", NOTHING).orElseThrow().close();
      proxy.freeze();
      assertThat(failure(() -> store.tryClaim("orders", NOTHING)).reason())
          .isEqualTo(Reason.UNAVAILABLE);
      proxy.thaw();
      soon().until(() -> hash(redis, KEY).containsKey("owner"));
      expire(redis, KEY);
      assertThat(store.tryClaim("orders", NOTHING)).isPresent();
    }
  }

  @Test
  void replacesAConnectionThatHasDiedWithoutAWord() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore store =
            connected(
                patient("redis://" + proxy.address())
                    .commandTimeout(Duration.ofSeconds(1))
                    .build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      claim.save(ONE);
      proxy.freezeOpenConnections();
      assertThat(failure(() -> claim.save(TWO))).hasMessageContaining("did not answer");
      soon().ignoreExceptions().until(() -> admin(store).load("orders").isPresent());
      claim.save(THREE);
      assertThat(admin(store).load("orders")).contains(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void learnsThatItWasOvertakenWhileItWasCutOff() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore store =
            connected(
                impatient("redis://" + proxy.address())
                    .commandTimeout(Duration.ofSeconds(1))
                    .build());
        RedisCheckpointStore standby = connected(impatient(redis.uri()).build())) {
      CheckpointClaim claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      claim.save(ONE);
      proxy.freeze();
      soon().until(() -> takesOver(standby));
      assertThat(lost).as("it cannot know yet").hasValue(0);
      proxy.thaw();
      soon().untilAtomic(lost, is(1));
      assertThat(failure(() -> claim.save(TWO)).reason()).isEqualTo(Reason.CLAIM_LOST);
    }
  }

  private static boolean takesOver(RedisCheckpointStore standby) throws Exception {
    return standby.tryClaim("orders", NOTHING).isPresent();
  }

  @Test
  void leavesNoThreadsAndClaimsRunOutWhenItIsClosed() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore other = connected(impatient(redis.uri()).build())) {
      RedisCheckpointStore store = connected(impatient(redis.uri()).prefix("perennial").build());
      CheckpointClaim claim = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      assertThat(other.tryClaim("orders", NOTHING)).isEmpty();
      Set<Thread> threads = redisThreads();
      assertThat(threads).isNotEmpty().allMatch(Thread::isDaemon);
      store.close();
      store.close();
      CheckpointException closed = failure(() -> admin(store).load("orders"));
      assertThat(closed.reason()).isEqualTo(Reason.CLOSED);
      assertThat(closed).hasMessageContaining("the store is closed");
      assertThat(failure(claim::close)).hasMessageContaining("expires by itself");
      soon().until(() -> other.tryClaim("orders", NOTHING).isPresent());
      assertThat(lost).hasValue(0);
      other.close();
      soon().until(() -> redisThreads().isEmpty());
    }
  }

  private static Set<Thread> redisThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("perennial-redis-"))
        .collect(Collectors.toSet());
  }

  @Test
  void keepsTheClaimOfAThreadThatIsInterrupted() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore store = connected(patient("redis://" + proxy.address()).build());
        CheckpointClaim claim =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      proxy.freeze(); // so that the save has to wait
      Thread.currentThread().interrupt();
      CheckpointException failure = failure(() -> claim.save(ONE));
      assertThat(Thread.interrupted()).isTrue();
      proxy.thaw();
      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("interrupted");
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
      assertThat(lost).hasValue(0);
    }
  }
}
