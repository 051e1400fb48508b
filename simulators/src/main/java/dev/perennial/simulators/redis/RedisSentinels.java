package dev.perennial.simulators.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Real Redis servers under Sentinel: a primary, its replicas, and three Sentinels that make a
 * replica the primary when the primary dies. Safe for use from any thread.
 */
public final class RedisSentinels implements AutoCloseable {

  /** What the Sentinels call the primary. */
  public static final String NAME = "perennial";

  private static final int SENTINELS = 3;
  private static final int QUORUM = 2;
  private static final int DOWN_AFTER_MILLIS = 1_000;
  private static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(5);

  private final List<RedisServer> servers = new ArrayList<>();
  private final List<RedisProcess> sentinels = new ArrayList<>();

  private RedisSentinels() {}

  /**
   * Starts all of it, and waits until the replicas have the primary's data and the Sentinels know
   * one another.
   *
   * @param replicas how many
   */
  public static RedisSentinels start(int replicas) {
    return start(replicas, FAILOVER_TIMEOUT);
  }

  /**
   * As {@link #start(int)}.
   *
   * @param failoverTimeout after which the Sentinels point a replica that follows somebody else at
   *     the primary again, and half of the time after which they retry a failover that failed
   */
  public static RedisSentinels start(int replicas, Duration failoverTimeout) {
    RedisSentinels group = new RedisSentinels();
    try {
      group.launch(replicas, failoverTimeout);
      return group;
    } catch (RuntimeException e) {
      group.close();
      throw e;
    }
  }

  private void launch(int replicas, Duration failoverTimeout) {
    RedisServer first = RedisServer.builder().config("repl-diskless-sync-delay 0").start();
    servers.add(first);
    for (int i = 0; i < replicas; i++) {
      servers.add(
          RedisServer.builder()
              .config("repl-diskless-sync-delay 0")
              .config("replicaof 127.0.0.1 " + first.port())
              .start());
    }
    List<String> lines =
        List.of(
            "sentinel monitor " + NAME + " 127.0.0.1 " + first.port() + " " + QUORUM,
            "sentinel down-after-milliseconds " + NAME + " " + DOWN_AFTER_MILLIS,
            "sentinel failover-timeout " + NAME + " " + failoverTimeout.toMillis());
    for (int i = 0; i < SENTINELS; i++) {
      sentinels.add(RedisProcess.start(false, port -> lines, "--sentinel"));
    }
    ServerWait.until(
        "the Sentinels know each other and " + replicas + " replicas",
        () ->
            sentinels.stream()
                .allMatch(one -> {
                  String state = RedisServer.info(one, "sentinel");
                  return state.contains("status=ok,")
                      && state.contains("slaves=" + replicas + ",sentinels=" + SENTINELS);
                }),
        this::logs);
    first.awaitReplicas(replicas);
  }

  /** The address that leads to the primary, whichever server that is. */
  public String uri() {
    return sentinels.stream()
        .map(one -> "127.0.0.1:" + one.port())
        .collect(Collectors.joining(",", "redis-sentinel://", "/0#" + NAME));
  }

  /** All servers, dead ones included. */
  public List<RedisServer> servers() {
    return List.copyOf(servers);
  }

  /**
   * The server that most Sentinels take for the primary.
   *
   * @throws IllegalStateException if they do not agree on one
   */
  public RedisServer primary() {
    return agreed().orElseThrow(() -> new IllegalStateException("The Sentinels do not agree."));
  }

  private Optional<RedisServer> agreed() {
    return servers.stream().filter(server -> votes(server) >= QUORUM).findFirst();
  }

  private long votes(RedisServer server) {
    String address = "address=127.0.0.1:" + server.port() + ",";
    return sentinels.stream()
        .filter(one -> RedisServer.info(one, "sentinel").contains(address))
        .count();
  }

  /**
   * Has a replica made the primary, as an operator would, and waits until it is. All replicas that
   * run have what was written before. For ten seconds or so the old one takes writes as well, and
   * loses them when it becomes a replica.
   *
   * @return the new primary
   */
  public RedisServer failover() {
    RedisServer before = primary();
    // All of them, because any of them can become the primary.
    before.awaitReplicas((int) servers.stream().filter(RedisServer::isAlive).count() - 1);
    ServerWait.until(
        "a Sentinel begins to fail over",
        () -> "OK".equals(RedisServer.command(sentinels.get(0), "SENTINEL", "FAILOVER", NAME)),
        this::logs);
    return awaitOtherThan(before);
  }

  /** Waits until another server than this is the primary. */
  public RedisServer awaitOtherThan(RedisServer before) {
    ServerWait.until(
        "another primary than " + before,
        () ->
            agreed()
                .filter(now -> !now.equals(before))
                .filter(now -> now.info("replication").contains("role:master"))
                .isPresent(),
        this::logs);
    return primary();
  }

  private String logs() {
    return sentinels.stream().map(RedisProcess::log).collect(Collectors.joining("\n"));
  }

  /** Kills all processes and deletes their directories. Idempotent. */
  @Override
  public void close() {
    sentinels.forEach(RedisProcess::close);
    servers.forEach(RedisServer::close);
  }
}
