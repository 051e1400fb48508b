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
import static dev.perennial.checkpoint.redis.StoreFixtures.savesSoon;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
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
        CheckpointSlot slot =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      slot.save(ONE);
      redis.pause();
      CheckpointException save = failure(() -> slot.save(TWO));
      assertThat(save.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(save).hasMessageContaining("did not answer within 1 s");
      assertThat(failure(() -> store.tryClaim("other", NOTHING)).kind())
          .isEqualTo(Kind.UNAVAILABLE);
      redis.resume();
      slot.save(THREE);
      assertThat(store.load("orders")).contains(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void goesOnWithAServerThatCameBackWithItsData() throws Exception {
    try (RedisServer redis = RedisServer.builder().persistent().start();
        RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        CheckpointSlot slot =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      slot.save(ONE);
      redis.kill();
      assertThat(failure(() -> slot.save(TWO)).kind()).isEqualTo(Kind.UNAVAILABLE);
      redis.restart();
      assertThat(slot.load()).contains(ONE);
      savesSoon(slot, TWO);
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
        CheckpointSlot slot =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      slot.save(ONE);
      String epoch = hash(redis, KEY).get("epoch");
      redis.restart();
      savesSoon(slot, TWO);
      assertThat(store.load("orders")).contains(TWO);
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
        CheckpointSlot first = store.tryClaim("orders", NOTHING).orElseThrow()) {
      first.save(ONE);
      first.close();
      CheckpointSlot slot = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      redis.restart();
      soon().ignoreExceptions().until(() -> store.load("orders").filter(ONE::equals).isPresent());
      assertThat(slot.load()).contains(ONE);
      slot.save(TWO);
      slot.close();
      assertThat(store.load("orders")).contains(TWO);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void writesAgainAlsoAClaimWithoutACheckpoint() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        CheckpointSlot slot =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      redis.kill();
      assertThat(failure(() -> slot.save(ONE)).kind()).isEqualTo(Kind.UNAVAILABLE);
      redis.restart();
      soon().until(() -> hash(redis, KEY).containsKey("restored"));
      assertThat(slot.load()).as("of which nobody knows whether it was saved").isEmpty();
      assertThat(store.streamIds()).isEmpty();
      slot.save(ONE);
      assertThat(store.load("orders")).contains(ONE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void aStandbyDoesNotBeginWithoutTheCheckpointThatItSaw() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(patient(redis.uri()).build());
        RedisCheckpointStore standby = connected(impatient(redis.uri()).build())) {
      CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
      slot.save(ONE);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();
      redis.command("DEL", KEY);
      CheckpointException gone = failure(() -> standby.tryClaim("orders", NOTHING));
      assertThat(gone.kind()).as("the owner may write it again").isEqualTo(Kind.UNAVAILABLE);
      assertThat(gone).hasMessageContaining(KEY).hasMessageContaining("it is gone");
      slot.save(TWO);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();

      redis.command("DEL", KEY);
      store.close();
      assertThat(failure(() -> standby.tryClaim("orders", NOTHING)))
          .hasMessageContaining("it is gone");
      assertThat(standby.delete("orders")).isFalse();
      standby.tryClaim("orders", NOTHING).orElseThrow().close();
    }
  }

  @Test
  void aStandbyDoesNotBeginWithoutItAlsoIfSomebodyElseBeganAndSavedNothing() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(patient(redis.uri()).build());
        RedisCheckpointStore knowsNothing = connected(patient(redis.uri()).build());
        RedisCheckpointStore standby = connected(patient(redis.uri()).build())) {
      CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
      slot.save(ONE);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();
      store.close();
      redis.command("DEL", KEY);
      CheckpointSlot fruitless = knowsNothing.tryClaim("orders", NOTHING).orElseThrow();
      assertThat(standby.tryClaim("orders", NOTHING)).as("which does not make it forget").isEmpty();
      fruitless.close();
      assertThat(failure(() -> standby.tryClaim("orders", NOTHING)))
          .hasMessageContaining("it is gone");

      assertThat(knowsNothing.delete("orders")).isFalse();
      knowsNothing.tryClaim("orders", NOTHING).orElseThrow().close();
      assertThat(standby.tryClaim("orders", NOTHING)).as("deleted, by whomever").isPresent();
    }
  }

  @Test
  void aStandbyDoesNotBeginWithoutItAlsoIfTheClaimIsStillThere() throws Exception {
    try (RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = connected(patient(redis.uri()).build());
        RedisCheckpointStore standby = connected(patient(redis.uri()).build())) {
      CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
      slot.save(ONE);
      assertThat(standby.tryClaim("orders", NOTHING)).isEmpty();
      // What a failover leaves to a replica that has the claim, and not the save.
      redis.command("HDEL", KEY, "checkpoint", "saved");
      redis.command("HSET", KEY, "save", "0");
      expire(redis, KEY);
      assertThat(failure(() -> standby.tryClaim("orders", NOTHING)))
          .hasMessageContaining("it is gone");
      slot.close();
      try (CheckpointSlot next = standby.tryClaim("orders", NOTHING).orElseThrow()) {
        assertThat(next.load()).contains(ONE);
      }
    }
  }

  @Test
  void aSaveThatWasGivenUpDoesNoHarmWhenItArrivesLate() throws Exception {
    try (RedisServer redis = RedisServer.builder().persistent().start();
        FaultProxy line = new FaultProxy(redis.port());
        RedisCheckpointStore far =
            connected(patient(line.uri()).commandTimeout(Duration.ofSeconds(1)).build());
        RedisCheckpointStore near = connected(patient(redis.uri()).build())) {
      CheckpointSlot slot = far.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      slot.save(ONE);
      line.cut();
      assertThat(failure(() -> slot.save(TWO)).kind()).isEqualTo(Kind.UNAVAILABLE);
      expire(redis, KEY);
      try (CheckpointSlot other = near.tryClaim("orders", NOTHING).orElseThrow()) {
        other.save(THREE);
        String scripts = calls(redis);
        line.mend();
        // It was carried out, and had no effect.
        soon().until(() -> !calls(redis).equals(scripts));
        assertThat(near.load("orders")).contains(THREE);
        assertThat(failure(() -> slot.save(TWO)).kind()).isEqualTo(Kind.CLAIM_LOST);
        assertThat(near.load("orders")).contains(THREE);
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
        FaultProxy line = new FaultProxy(redis.port());
        RedisCheckpointStore store =
            connected(patient(line.uri()).commandTimeout(Duration.ofSeconds(1)).build())) {
      CheckpointSlot slot = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      slot.save(ONE);
      line.cut();
      for (int i = 0; i < 3; i++) {
        Checkpoint late = new Checkpoint("test", "", "late " + i);
        assertThat(failure(() -> slot.save(late)).kind()).isEqualTo(Kind.UNAVAILABLE);
      }
      line.mend();
      // While the late ones come in, in whichever order.
      slot.save(TWO);
      assertThat(slot.load()).contains(TWO);
      slot.save(THREE);
      slot.close();
      assertThat(store.load("orders")).contains(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void aClaimThatWasNeverAnsweredRunsOut() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy line = new FaultProxy(redis.port());
        RedisCheckpointStore store =
            connected(patient(line.uri()).commandTimeout(Duration.ofSeconds(1)).build())) {
      store.tryClaim("other", NOTHING).orElseThrow().close();
      line.cut();
      assertThat(failure(() -> store.tryClaim("orders", NOTHING)).kind())
          .isEqualTo(Kind.UNAVAILABLE);
      line.mend();
      soon().until(() -> hash(redis, KEY).containsKey("owner"));
      expire(redis, KEY);
      assertThat(store.tryClaim("orders", NOTHING)).isPresent();
    }
  }

  @Test
  void replacesAConnectionThatHasDiedWithoutAWord() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy line = new FaultProxy(redis.port());
        RedisCheckpointStore store =
            connected(patient(line.uri()).commandTimeout(Duration.ofSeconds(1)).build());
        CheckpointSlot slot =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      slot.save(ONE);
      line.silence();
      assertThat(failure(() -> slot.save(TWO))).hasMessageContaining("did not answer");
      soon().ignoreExceptions().until(() -> store.load("orders").isPresent());
      slot.save(THREE);
      assertThat(store.load("orders")).contains(THREE);
      assertThat(lost).hasValue(0);
    }
  }

  @Test
  void learnsThatItWasOvertakenWhileItWasCutOff() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultProxy line = new FaultProxy(redis.port());
        RedisCheckpointStore store =
            connected(impatient(line.uri()).commandTimeout(Duration.ofSeconds(1)).build());
        RedisCheckpointStore standby = connected(impatient(redis.uri()).build())) {
      CheckpointSlot slot = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      slot.save(ONE);
      line.cut();
      soon().until(() -> takesOver(standby));
      assertThat(lost).as("it cannot know yet").hasValue(0);
      line.mend();
      soon().untilAtomic(lost, is(1));
      assertThat(failure(() -> slot.save(TWO)).kind()).isEqualTo(Kind.CLAIM_LOST);
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
      CheckpointSlot slot = store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow();
      assertThat(other.tryClaim("orders", NOTHING)).isEmpty();
      Set<Thread> threads = redisThreads();
      assertThat(threads).isNotEmpty().allMatch(Thread::isDaemon);
      store.close();
      store.close();
      CheckpointException closed = failure(() -> store.load("orders"));
      assertThat(closed.kind()).isEqualTo(Kind.CLOSED);
      assertThat(closed).hasMessageContaining("the store is closed");
      assertThat(failure(slot::close)).hasMessageContaining("expires by itself");
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
        RedisCheckpointStore store = connected(patient(redis.uri()).build());
        CheckpointSlot slot =
            store.tryClaim("orders", why -> lost.incrementAndGet()).orElseThrow()) {
      Thread.currentThread().interrupt();
      CheckpointException failure = failure(() -> slot.save(ONE));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("interrupted");
      slot.save(TWO);
      assertThat(slot.load()).contains(TWO);
      assertThat(lost).hasValue(0);
    }
  }
}
