package dev.perennial.checkpoint.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Kind;
import dev.perennial.port.CheckpointSlot;
import dev.perennial.simulators.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the store does on a server that works. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RedisCheckpointStoreTest {

  private static final Runnable NOTHING = () -> {};
  private static final Checkpoint ONE = new Checkpoint("test", "print", "1");
  private static final Checkpoint TWO = new Checkpoint("test", "print", "2");

  private static RedisServer redis;

  private RedisCheckpointStore store;

  @BeforeAll
  static void startServer() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    redis.close();
  }

  @BeforeEach
  void openStore() {
    redis.command("FLUSHALL");
    store = RedisCheckpointStore.at(redis.uri());
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void loadsWhatWasSavedLast() throws Exception {
    try (CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(slot.load()).isEmpty();
      slot.save(ONE);
      slot.save(TWO);
      assertThat(slot.load()).contains(TWO);
    }
    try (CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(slot.load()).contains(TWO);
    }
    assertThat(store.load("orders")).contains(TWO);
  }

  @Test
  void letsOneAtATimeClaimAStreamId() throws Exception {
    try (RedisCheckpointStore other = RedisCheckpointStore.at(redis.uri())) {
      CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
      assertThat(store.tryClaim("orders", NOTHING)).as("the same store").isEmpty();
      assertThat(other.tryClaim("orders", NOTHING)).as("another store").isEmpty();
      other.tryClaim("payments", NOTHING).orElseThrow().close();
      slot.close();
      other.tryClaim("orders", NOTHING).orElseThrow().close();
    }
  }

  @Test
  void saysThatItWasGivenUp() throws Exception {
    CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
    slot.close();
    slot.close();
    assertThatThrownBy(() -> slot.save(ONE))
        .isInstanceOfSatisfying(
            CheckpointException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CLAIM_LOST))
        .hasMessageContaining("given up")
        .hasMessageContaining("orders");
    assertThat(store.load("orders")).isEmpty();
  }

  @Test
  void listsAndDeletes() throws Exception {
    for (String id : List.of("orders", "a b", "ü{x}*?[", "}")) {
      try (CheckpointSlot slot = store.tryClaim(id, NOTHING).orElseThrow()) {
        slot.save(ONE);
        assertThatThrownBy(() -> store.delete(id))
            .isInstanceOf(CheckpointException.class)
            .hasMessageContaining("in use by");
      }
    }
    store.tryClaim("never saved", NOTHING).orElseThrow().close();
    assertThat(store.streamIds()).containsExactly("a b", "orders", "}", "ü{x}*?[");
    assertThat(store.delete("orders")).isTrue();
    assertThat(store.delete("orders")).isFalse();
    assertThat(store.delete("unknown")).isFalse();
    assertThat(store.streamIds()).containsExactly("a b", "}", "ü{x}*?[");
    try (CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(slot.load()).isEmpty();
      slot.save(TWO);
      assertThat(slot.load()).contains(TWO);
    }
  }

  @Test
  void keepsPrefixesApart() throws Exception {
    try (RedisCheckpointStore other =
            RedisCheckpointStore.builder(io.lettuce.core.RedisURI.create(redis.uri()))
                .prefix("perennial*")
                .claimExpiry(Duration.ofSeconds(3))
                .build();
        CheckpointSlot slot = store.tryClaim("orders", NOTHING).orElseThrow();
        CheckpointSlot otherSlot = other.tryClaim("orders", NOTHING).orElseThrow()) {
      slot.save(ONE);
      assertThat(otherSlot.load()).isEmpty();
      assertThat(other.streamIds()).isEmpty();
      otherSlot.save(TWO);
      assertThat(slot.load()).contains(ONE);
      assertThat(other.streamIds()).containsExactly("orders");
    }
  }
}
