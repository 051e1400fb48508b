package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.KEY;
import static dev.perennial.checkpoint.redis.StoreFixtures.NOTHING;
import static dev.perennial.checkpoint.redis.StoreFixtures.ONE;
import static dev.perennial.checkpoint.redis.StoreFixtures.admin;
import static dev.perennial.checkpoint.redis.StoreFixtures.connected;
import static dev.perennial.checkpoint.redis.StoreFixtures.expire;
import static dev.perennial.checkpoint.redis.StoreFixtures.patient;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.perennial.checkpoint.redis.internal.ErrorSamples;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The form of the store's error messages, read from a sample of them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MessageFormTest {

  private static final String SECRET = "s3cret";
  private static final Checkpoint NOT_UNICODE = new Checkpoint("test", "", "\ud83d");

  @RegisterExtension static final SharedRedisServer redis = new SharedRedisServer();

  private final List<String> messages = new ArrayList<>();

  @Test
  void everyMessageHasTheOneForm() throws Exception {
    sampleSettings();
    sampleClaims();
    sampleDamage();
    sampleConnections();
    ErrorSamples.messages(SECRET).forEach(messages::add);

    assertThat(messages)
        .hasSizeGreaterThan(40)
        .allSatisfy(message ->
            assertThat(message)
                .matches("(?s)(Cannot|Lost) .*: .*")
                .endsWith(".")
                .doesNotEndWith("..")
                .doesNotContain(SECRET, "\n")
                .doesNotContainPattern("\\bPT\\d")
                .doesNotContainPattern("\\w(Exception|Error): "));
  }

  private void sampleSettings() {
    RedisCheckpointStoreBuilder builder = patient(redis.uri());
    sample(() -> builder.prefix(""));
    sample(() -> builder.prefix("a{b}"));
    sample(() -> builder.claimExpiry(Duration.ofMillis(500)));
    sample(() -> builder.commandTimeout(Duration.ZERO));
    sample(() -> builder.timeToLive(Duration.ofSeconds(1)).build());
    sample(() -> patient(redis.uri()).commandTimeout(Duration.ofDays(1)).build());
    for (String address :
        List.of(
            SECRET,
            "redis://:" + SECRET + "@",
            "redis://:" + SECRET + "@ho st",
            "redis://:" + SECRET + "@stra\u00dfe")) {
      sample(() -> RedisCheckpointStore.at(address));
    }
  }

  private void sampleClaims() throws Exception {
    try (RedisCheckpointStore store = connected(patient(redis.uri()).build());
        RedisCheckpointStore other = patient(redis.uri()).build()) {
      sample(() -> admin(store).load(""));
      sample(() -> admin(store).load("\ud83d"));
      CheckpointClaim claim = store.tryClaim("orders", NOTHING).orElseThrow();
      claim.save(ONE);
      sample(() -> claim.save(NOT_UNICODE));
      sample(() -> admin(other).delete("orders"));
      sample(() -> admin(other).put("orders", ONE));
      expire(redis.server(), KEY);
      CheckpointClaim next = other.tryClaim("orders", NOTHING).orElseThrow();
      sample(() -> claim.save(ONE));
      next.close();
      sample(next::load);
      redis.command("DEL", KEY);
      sample(() -> store.tryClaim("orders", NOTHING));
    }
  }

  private void sampleDamage() throws Exception {
    try (RedisCheckpointStore store = connected(patient(redis.uri()).build())) {
      redis.command("HSET", KEY, "format", "2", "checkpoint", "x");
      sample(() -> admin(store).load("orders"));
      sample(() -> store.tryClaim("orders", NOTHING));
      sample(() -> admin(store).put("orders", ONE));
      redis.command("HSET", KEY, "format", "1");
      sample(() -> admin(store).load("orders"));
      redis.command("DEL", KEY);
      redis.command("SET", KEY, "1");
      sample(() -> admin(store).load("orders"));
    }
  }

  private void sampleConnections() {
    RedisURI nobody = RedisURI.create("redis://:" + SECRET + "@127.0.0.1:1");
    try (RedisCheckpointStore store = RedisCheckpointStore.builder(nobody).build()) {
      sample(() -> admin(store).load("orders"));
    }
    RedisURI unknown = RedisURI.create("redis://no-such-host.invalid");
    RedisCheckpointStore store = RedisCheckpointStore.builder(unknown).build();
    sample(() -> admin(store).load("orders"));
    store.close();
    sample(() -> admin(store).load("orders"));
  }

  private void sample(ThrowingCallable call) {
    Throwable failure = catchThrowable(call);
    assertThat(failure).isNotNull();
    messages.add(String.valueOf(failure.getMessage()));
  }
}
