package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.KEY;
import static dev.perennial.checkpoint.redis.StoreFixtures.connected;
import static dev.perennial.checkpoint.redis.StoreFixtures.expire;
import static dev.perennial.checkpoint.redis.StoreFixtures.hash;
import static dev.perennial.checkpoint.redis.StoreFixtures.impatient;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamState;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.StreamRuntime;
import dev.perennial.simulators.network.FaultProxy;
import dev.perennial.simulators.redis.RedisServer;
import dev.perennial.testkit.ConnectAnswer;
import dev.perennial.testkit.ScriptedClientSource;
import dev.perennial.testkit.ScriptedPosition;
import java.io.BufferedReader;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole streams, of which the events are numbers, on a real server. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StreamTest {

  private static final int EVENTS = 100_000;

  private RedisServer redis;
  private ExecutorService threads;

  @BeforeEach
  void start() {
    redis = RedisServer.start();
    threads = Executors.newCachedThreadPool();
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
    redis.close();
  }

  /** Each connection goes on behind the position that it is given. */
  private static EventStream<Long> stream(CheckpointStore store, Duration tolerate) {
    ScriptedClientSource<Long> source =
        new ScriptedClientSource<Long>(StreamRuntime.system())
            .thereafter(connect ->
                ConnectAnswer.connects(script -> {
                  long after = connect.after().map(ScriptedPosition::value).orElse(0L);
                  for (long i = after + 1; i <= EVENTS; i++) {
                    script.event(i, i);
                  }
                }));
    return EventStream.from(
            source,
            Checkpoints.in(store, "orders")
                .every(1, Duration.ofSeconds(1))
                .tolerateOutage(tolerate))
        .window(16)
        .open();
  }

  private static EventStream<Long> stream(CheckpointStore store) {
    return stream(store, Duration.ofMinutes(1));
  }

  private static long take(EventStream<Long> stream) throws InterruptedException {
    Delivery<Long> delivery = stream.next();
    delivery.ack();
    return delivery.event();
  }

  /** A process of its own: takes events without end and says each number once it is acked. */
  public static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      try (RedisCheckpointStore store = connected(impatient(arguments[0]).build());
          EventStream<Long> stream = stream(store)) {
        while (true) {
          System.out.println(take(stream) + ".");
        }
      }
    }
  }

  @Test
  void aStandbyGoesOnWhereAKilledProcessWas() throws Exception {
    Process child =
        StoreFixtures.process(Child.class, redis.uri())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        EventStream<Long> standby = stream(store)) {
      BufferedReader acked = child.inputReader();
      long last = number(acked.readLine());
      Future<Delivery<Long>> first = threads.submit(() -> standby.next());
      while (last < 200) {
        last = number(acked.readLine());
      }
      soon().until(() -> standby.state() == StreamState.CLAIMING);
      assertThat(first).isNotDone();
      child.toHandle().destroyForcibly();
      child.waitFor();
      long end = Long.parseLong(hash(redis, KEY).get("claim-expires"));
      for (String line = acked.readLine();
          line != null && line.endsWith(".");
          line = acked.readLine()) {
        last = number(line);
      }
      long saved = Long.parseLong(Checkpoint.parse(hash(redis, KEY).get("checkpoint")).position());
      Delivery<Long> behind = first.get();
      assertThat(behind.event()).as("the event behind the checkpoint").isEqualTo(saved + 1);
      behind.ack();
      assertThat(saved).as("nothing is skipped").isLessThanOrEqualTo(last + 1);
      assertThat(Long.parseLong(hash(redis, KEY).get("claimed")) - end)
          .as("milliseconds from the end of the claim to the next")
          .isBetween(0L, StoreFixtures.BOUND.toMillis());
      for (long i = saved + 2; i < saved + 100; i++) {
        assertThat(take(standby)).isEqualTo(i);
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  private static long number(String line) {
    assertThat(line).as("what the child says").isNotNull().endsWith(".");
    return Long.parseLong(line.substring(0, line.length() - 1));
  }

  @Test
  void aStandbyGoesOnWhenTheActiveOneIsClosed() throws Exception {
    // The expiry is so long that only the release can be it.
    try (RedisCheckpointStore store =
            impatient(redis.uri()).claimExpiry(Duration.ofHours(1)).build();
        EventStream<Long> active = stream(store);
        EventStream<Long> standby = stream(store)) {
      for (long i = 1; i <= 50; i++) {
        assertThat(take(active)).isEqualTo(i);
      }
      Future<Long> first = threads.submit(() -> take(standby));
      soon().until(() -> standby.state() == StreamState.CLAIMING);
      long before = serverTime();
      active.close();
      long closed = serverTime();
      assertThat(first.get()).isEqualTo(51);
      assertThat(Long.parseLong(hash(redis, KEY).get("claimed")))
          .as("when it was claimed")
          .isBetween(before, closed + StoreFixtures.BOUND.toMillis());
    }
  }

  /** In milliseconds, as the scripts have it. */
  private long serverTime() {
    List<?> time = (List<?>) redis.command("TIME");
    return Long.parseLong((String) time.get(0)) * 1_000
        + Long.parseLong((String) time.get(1)) / 1_000;
  }

  @Test
  void saysWhoHasOvertakenIt() throws Exception {
    RedisCheckpointStoreBuilder builder = impatient(redis.uri()).claimExpiry(Duration.ofHours(1));
    try (RedisCheckpointStore store = builder.build();
        RedisCheckpointStore other = builder.build();
        EventStream<Long> stream = stream(store)) {
      assertThat(take(stream)).isEqualTo(1);
      soon().until(() -> hash(redis, KEY).get("save").equals("2"));
      expire(redis, KEY);
      try (CheckpointClaim claim = other.tryClaim("orders", why -> {}).orElseThrow()) {
        take(stream);
        soon().until(() -> stream.state() == StreamState.FAILED);
        StreamFailedException dead =
            catchThrowableOfType(StreamFailedException.class, stream::next);
        assertThat(dead.reason()).isEqualTo(Reason.CLAIM_LOST);
        assertThat(dead).hasMessageContaining(hash(redis, KEY).get("owner") + " owns it");
        assertThat(claim.load()).isPresent();
      }
    }
  }

  @Test
  void oneThatWasOvertakenDiesAndSavesNothing() throws Exception {
    try (FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore far =
            connected(
                impatient("redis://" + proxy.address())
                    .commandTimeout(Duration.ofSeconds(1))
                    .build());
        RedisCheckpointStore near = connected(impatient(redis.uri()).build());
        EventStream<Long> cutOff = stream(far);
        EventStream<Long> standby = stream(near)) {
      assertThat(take(cutOff)).isEqualTo(1);
      soon().until(() -> hash(redis, KEY).get("save").equals("2"));
      proxy.freeze();
      Delivery<Long> second = cutOff.next();
      assertThat(second.event()).as("it goes on without Redis").isEqualTo(2);
      for (long i = 2; i <= 20; i++) {
        assertThat(take(standby)).as("what was not saved comes again").isEqualTo(i);
      }
      second.ack();
      proxy.thaw();
      soon().until(() -> cutOff.state() == StreamState.FAILED);
      StreamFailedException dead = catchThrowableOfType(StreamFailedException.class, cutOff::next);
      assertThat(dead.reason()).isEqualTo(Reason.CLAIM_LOST);
      assertThat(dead).as("whether a save or a renewal finds out").hasMessageContaining("owns it");
      cutOff.close();
      standby.close();
      assertThat(Checkpoint.parse(hash(redis, KEY).get("checkpoint")).position()).isEqualTo("20");
    }
  }

  @Test
  void goesOnThroughAnOutageAndSavesBehindIt() throws Exception {
    try (RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        EventStream<Long> stream = stream(store)) {
      assertThat(take(stream)).isEqualTo(1);
      soon().until(() -> hash(redis, KEY).get("save").equals("2"));
      redis.kill();
      for (long i = 2; i <= 100; i++) {
        assertThat(take(stream)).isEqualTo(i);
      }
      // Without its data, which is the worst that it can do.
      redis.restart();
      soon().until(() -> String.valueOf(hash(redis, KEY).get("checkpoint")).endsWith("\t100"));
      assertThat(take(stream)).isEqualTo(101);
    }
  }

  @Test
  void diesOfAnOutageThatIsTooLong() throws Exception {
    try (RedisCheckpointStore store = connected(impatient(redis.uri()).build());
        EventStream<Long> stream = stream(store, Duration.ofSeconds(3))) {
      assertThat(take(stream)).isEqualTo(1);
      redis.kill();
      StreamFailedException dead =
          catchThrowableOfType(
              StreamFailedException.class,
              () -> {
                while (true) {
                  take(stream);
                }
              });
      assertThat(dead.reason()).isEqualTo(Reason.CHECKPOINT);
      assertThat(dead).hasStackTraceContaining("cannot be reached");
      stream.close(Duration.ZERO);
    }
  }

  @Test
  void doesNotBeginWithoutRedis() throws Exception {
    redis.kill();
    try (RedisCheckpointStore store = impatient(redis.uri()).build();
        EventStream<Long> stream = stream(store)) {
      assertThatThrownBy(stream::next)
          .isInstanceOf(StreamFailedException.class)
          .hasMessageContaining("127.0.0.1:" + redis.port())
          .hasMessageContaining("refused");
    }
  }
}
