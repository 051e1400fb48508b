package dev.perennial.checkpoint.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import dev.perennial.port.CheckpointStore;
import dev.perennial.simulators.redis.RedisServer;
import io.lettuce.core.RedisURI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** What the tests have in common. */
public final class StoreFixtures {

  public static final Consumer<CheckpointException> NOTHING = why -> {};
  public static final Checkpoint ONE = new Checkpoint("test", "print", "1");
  public static final Checkpoint TWO = new Checkpoint("test", "print", "2");
  public static final Checkpoint THREE = new Checkpoint("test", "print", "3");
  public static final Duration EXPIRY = Duration.ofSeconds(3);

  /** How long a standby takes at most, from the end of the other's claim. */
  public static final Duration PROMISED = Duration.ofSeconds(2);

  /** The same on a machine that is busy. */
  public static final Duration BOUND = PROMISED.plusSeconds(4);

  public static final String KEY = "perennial:{orders}";

  private StoreFixtures() {}

  /** A store whose claims run out soon. */
  public static RedisCheckpointStoreBuilder impatient(String uri) {
    return RedisCheckpointStore.builder(RedisURI.create(uri))
        .claimExpiry(EXPIRY)
        // Longer than it would be in earnest, because a busy machine is not what is tested.
        .commandTimeout(EXPIRY);
  }

  /** A store whose claims are renewed so seldom that no test sees it. */
  public static RedisCheckpointStoreBuilder patient(String uri) {
    return impatient(uri).claimExpiry(Duration.ofHours(1));
  }

  /** Has a store connect, however long that takes in a JVM that does it for the first time. */
  public static RedisCheckpointStore connected(RedisCheckpointStore store) {
    soon().ignoreExceptions().until(() -> admin(store).load("unknown").isEmpty());
    return store;
  }

  /** Saves, as soon as Redis is there again. */
  public static void savesSoon(CheckpointClaim claim, Checkpoint checkpoint) {
    soon()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          try {
            claim.save(checkpoint);
            return true;
          } catch (CheckpointException e) {
            assertThat(e.reason()).as(e.toString()).isEqualTo(Reason.UNAVAILABLE);
            return false;
          }
        });
  }

  public static CheckpointAdmin admin(CheckpointStore store) {
    return store.admin().orElseThrow();
  }

  public static CheckpointException failure(ThrowingCallable call) {
    CheckpointException failure = catchThrowableOfType(CheckpointException.class, call);
    if (failure == null) {
      throw new AssertionError("It did not fail.");
    }
    return failure;
  }

  public static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20));
  }

  /** The fields of a stream's hash. */
  public static Map<String, String> hash(RedisServer redis, String key) {
    Map<String, String> fields = new HashMap<>();
    if (redis.command("HGETALL", key) instanceof List<?> list) {
      for (int i = 0; i < list.size(); i += 2) {
        fields.put((String) list.get(i), (String) list.get(i + 1));
      }
    }
    return fields;
  }

  /** Prepares a process of its own. */
  public static ProcessBuilder process(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Xmx64m"));
    for (String logging : List.of("logback.configurationFile", "tests.log")) {
      Optional.ofNullable(System.getProperty(logging))
          .ifPresent(value -> command.add("-D" + logging + "=" + value));
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  /** Has a claim run out as if time had passed. */
  public static void expire(RedisServer redis, String key) {
    redis.command("HSET", key, "claim-expires", "1");
  }
}
