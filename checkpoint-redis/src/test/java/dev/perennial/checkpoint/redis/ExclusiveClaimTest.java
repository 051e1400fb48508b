package dev.perennial.checkpoint.redis;

import static dev.perennial.checkpoint.redis.StoreFixtures.KEY;
import static dev.perennial.checkpoint.redis.StoreFixtures.hash;
import static dev.perennial.checkpoint.redis.StoreFixtures.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Checkpoint;
import dev.perennial.simulators.network.FaultProxy;
import dev.perennial.simulators.redis.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many that want one claim, of which some die, pause, or lose the network. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ExclusiveClaimTest {

  private static final Duration EXPIRY = Duration.ofMillis(1_500);

  @TempDir Path directory;

  private final Map<String, Process> processes = new LinkedHashMap<>();
  private RedisServer redis;

  @BeforeEach
  void startServer() {
    redis = RedisServer.builder().persistent().start();
  }

  @AfterEach
  void killAll() throws Exception {
    for (Process process : processes.values()) {
      process.destroyForcibly().waitFor();
    }
    redis.close();
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it cannot pause a process")
  void isOneProcessAtATimeWhateverHappensToIt() throws Exception {
    for (int i = 0; i < 3; i++) {
      start("p" + i);
    }
    String first = saving("nobody");
    signal("STOP", first);
    String second = saving(first);
    signal("CONT", first);
    soon().until(() -> output(first).contains(first + " lost"));
    processes.get(second).destroyForcibly().waitFor();
    String third = saving(second);
    start("q");
    processes.get(third).destroyForcibly().waitFor();
    saving(third);
    for (Process process : processes.values()) {
      process.destroyForcibly().waitFor();
    }
    for (String name : processes.keySet()) {
      assertThat(output(name)).doesNotContain("died");
    }
    checkLog();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8})
  void isOneOfManyWhoseNetworkComesAndGoes(int count) throws Exception {
    Map<String, FaultProxy> proxies = new LinkedHashMap<>();
    List<ClaimingClient> claimants = new ArrayList<>();
    List<RedisCheckpointStore> stores = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    Queue<String> reports = new ConcurrentLinkedQueue<>();
    try {
      for (int i = 0; i < count; i++) {
        FaultProxy proxy = FaultProxy.to(redis.port());
        RedisCheckpointStore store = ClaimingClient.store("redis://" + proxy.address(), EXPIRY);
        ClaimingClient claimant = new ClaimingClient("t" + i, store, reports::add);
        proxies.put("t" + i, proxy);
        stores.add(store);
        claimants.add(claimant);
        threads.add(new Thread(claimant));
      }
      threads.forEach(Thread::start);
      for (int round = 0; round < 2; round++) {
        String owner = saving("nobody");
        String losing = owner + " lost";
        int before = Collections.frequency(reports, losing);
        proxies.get(owner).freeze();
        saving(owner);
        proxies.get(owner).thaw();
        soon().until(() -> Collections.frequency(reports, losing) > before);
      }
      // In order: it gives the claim up, and the next has it without waiting for the end.
      String owner = saving("nobody");
      claimants.get(Integer.parseInt(owner.substring(1))).stop();
      saving(owner);
      claimants.forEach(ClaimingClient::stop);
      for (Thread thread : threads) {
        thread.join();
      }
    } finally {
      claimants.forEach(ClaimingClient::stop);
      stores.forEach(RedisCheckpointStore::close);
      proxies.values().forEach(FaultProxy::close);
    }
    assertThat(reports).noneMatch(report -> report.contains("died"));
    checkLog();
  }

  private void checkLog() throws Exception {
    SaveHistory log = SaveHistory.check(redis);
    assertThat(log.claims()).hasSizeGreaterThanOrEqualTo(4);
    assertThat(log.saves()).isGreaterThan(10);
    List<Duration> vacancies = log.vacancies().stream().sorted().toList();
    assertThat(vacancies).isNotEmpty().allMatch(one -> one.compareTo(StoreFixtures.BOUND) <= 0);
    assertThat(vacancies.get((vacancies.size() - 1) / 2))
        .as("the median of " + vacancies)
        .isLessThanOrEqualTo(StoreFixtures.PROMISED);
  }

  /** Waits until somebody else than this one saves, and says who. */
  private String saving(String not) {
    String[] who = new String[1];
    soon()
        .atMost(Duration.ofSeconds(120))
        .until(() -> {
          String before = hash(redis, KEY).get("save");
          Map<String, String> now = hash(redis, KEY);
          if (now.get("checkpoint") == null
              || now.get("owner") == null
              || now.get("save").equals(before)) {
            return false;
          }
          who[0] = Checkpoint.parse(now.get("checkpoint")).position().split(" ")[0];
          return !who[0].equals(not);
        });
    return who[0];
  }

  private void start(String name) throws Exception {
    ProcessBuilder command =
        StoreFixtures.process(
                ClaimingClient.class, name, redis.uri(), String.valueOf(EXPIRY.toMillis()))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(name).toFile());
    processes.put(name, command.start());
  }

  private String output(String name) throws Exception {
    return Files.readString(directory.resolve(name));
  }

  private void signal(String signal, String name) throws Exception {
    String pid = String.valueOf(processes.get(name).pid());
    assertThat(new ProcessBuilder("kill", "-" + signal, pid).start().waitFor()).isZero();
  }
}
