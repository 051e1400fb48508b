package dev.perennial.simulators.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis Cluster of three primaries, each with the same number of replicas. Safe for use from
 * any thread.
 */
public final class RedisCluster implements AutoCloseable {

  private static final int PRIMARIES = 3;
  private static final int SLOTS = 16_384;

  /** How soon a node that is silent counts as dead. */
  private static final int NODE_TIMEOUT_MILLIS = 2_000;

  private static final String MOVE_MILLIS = "5000";

  private final List<RedisServer> primaries = new ArrayList<>();
  private final List<RedisServer> replicas = new ArrayList<>();

  private RedisCluster() {}

  /** Starts a cluster without replicas, and waits until it serves all slots. */
  public static RedisCluster start() {
    return start(0);
  }

  /**
   * Starts a cluster, and waits until it serves all slots.
   *
   * @param replicas how many for each primary
   */
  public static RedisCluster start(int replicas) {
    RedisCluster cluster = new RedisCluster();
    try {
      cluster.launch(replicas);
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private static RedisServer node() {
    return RedisServer.builder()
        .config("cluster-enabled yes")
        .config("cluster-node-timeout " + NODE_TIMEOUT_MILLIS)
        .config("cluster-replica-validity-factor 0")
        .config("repl-diskless-sync-delay 0")
        .start();
  }

  private void launch(int replicasEach) {
    for (int i = 0; i < PRIMARIES; i++) {
      primaries.add(node());
    }
    for (int i = 0; i < PRIMARIES * replicasEach; i++) {
      replicas.add(node());
    }
    for (int i = 0; i < PRIMARIES; i++) {
      RedisServer primary = primaries.get(i);
      primary.command("CLUSTER", "SET-CONFIG-EPOCH", String.valueOf(i + 1));
      Stream<String> slots =
          IntStream.range(SLOTS * i / PRIMARIES, SLOTS * (i + 1) / PRIMARIES)
              .mapToObj(String::valueOf);
      primary.command(
          Stream.concat(Stream.of("CLUSTER", "ADDSLOTS"), slots).toArray(String[]::new));
    }
    RedisServer first = primaries.get(0);
    for (RedisServer node : nodes()) {
      if (!node.equals(first)) {
        first.command("CLUSTER", "MEET", "127.0.0.1", String.valueOf(node.port()));
      }
    }
    awaitAgreement();
    for (int i = 0; i < replicas.size(); i++) {
      replicas.get(i).command("CLUSTER", "REPLICATE", id(primaries.get(i % PRIMARIES)));
    }
    ServerWait.until(
        "all replicas have their data",
        () ->
            replicas.stream()
                .allMatch(one -> one.info("replication").contains("master_link_status:up")),
        this::logs);
    ServerWait.until(
        "all nodes know the replicas", () -> nodes().stream().allMatch(this::knowsAll), this::logs);
  }

  private void awaitAgreement() {
    ServerWait.until(
        "all nodes know one another and serve all slots",
        () ->
            nodes().stream()
                .allMatch(node -> {
                  String info = String.valueOf(node.command("CLUSTER", "INFO"));
                  return info.contains("cluster_state:ok")
                      && info.contains("cluster_known_nodes:" + nodes().size());
                }),
        this::logs);
  }

  private boolean knowsAll(RedisServer node) {
    return String.valueOf(node.command("CLUSTER", "NODES"))
            .lines()
            .filter(line -> line.contains("slave"))
            .count()
        == replicas.size();
  }

  /** The addresses of the nodes that began as primaries. */
  public List<String> uris() {
    return primaries.stream().map(RedisServer::uri).toList();
  }

  /** All nodes, those that began as primaries first. */
  public List<RedisServer> nodes() {
    return Stream.concat(primaries.stream(), replicas.stream()).toList();
  }

  /**
   * The node that serves a key, as another than it or its dead predecessor says.
   *
   * @throws IllegalStateException if none does
   */
  public RedisServer nodeOf(String key) {
    int slot = slot(key);
    for (RedisServer asked : nodes()) {
      if (!asked.isAlive()) {
        continue;
      }
      for (String line : String.valueOf(asked.command("CLUSTER", "NODES")).lines().toList()) {
        String[] fields = line.split(" ");
        if (fields[2].contains("master") && !fields[2].contains("fail") && serves(fields, slot)) {
          int port = Integer.parseInt(fields[1].replaceAll("^.*:(\\d+)@.*$", "$1"));
          return nodes().stream().filter(node -> node.port() == port).findFirst().orElseThrow();
        }
      }
    }
    throw new IllegalStateException("No node serves slot " + slot + ".");
  }

  private static boolean serves(String[] fields, int slot) {
    for (int i = 8; i < fields.length; i++) {
      if (fields[i].startsWith("[")) {
        continue;
      }
      String[] range = fields[i].split("-");
      if (slot >= Integer.parseInt(range[0]) && slot <= Integer.parseInt(range[range.length - 1])) {
        return true;
      }
    }
    return false;
  }

  /** Waits until another node than this serves a key. */
  public RedisServer awaitOtherThan(RedisServer before, String key) {
    ServerWait.until(
        "another node than " + before + " serves " + key,
        () -> alive().anyMatch(node -> isServedByAnother(key, before)),
        this::logs);
    ServerWait.until(
        "the cluster is in order again",
        () ->
            alive()
                .allMatch(node ->
                    String.valueOf(node.command("CLUSTER", "INFO")).contains("cluster_state:ok")),
        this::logs);
    return nodeOf(key);
  }

  private Stream<RedisServer> alive() {
    return nodes().stream().filter(RedisServer::isAlive);
  }

  private boolean isServedByAnother(String key, RedisServer before) {
    try {
      return !nodeOf(key).equals(before);
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Begins to move the slot of a key to another primary: from now on new keys go there. */
  public SlotMove move(String key) {
    RedisServer from = nodeOf(key);
    RedisServer to =
        primaries.stream().filter(node -> !node.equals(from)).findFirst().orElseThrow();
    String slot = String.valueOf(slot(key));
    to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", id(from));
    from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", id(to));
    return new SlotMove(this, slot, from, to);
  }

  /** The move of a slot from one primary to another. Used by one thread. */
  public static final class SlotMove {

    private final RedisCluster cluster;
    private final String slot;
    private final RedisServer from;
    private final RedisServer to;

    private SlotMove(RedisCluster cluster, String slot, RedisServer from, RedisServer to) {
      this.cluster = cluster;
      this.slot = slot;
      this.from = from;
      this.to = to;
    }

    /** Moves the keys: from now on the old node answers ASK. */
    public SlotMove keys() {
      Object keys = from.command("CLUSTER", "GETKEYSINSLOT", slot, "1000");
      if (keys instanceof List<?> list) {
        for (Object key : list) {
          from.command(
              "MIGRATE",
              "127.0.0.1",
              String.valueOf(to.port()),
              String.valueOf(key),
              "0",
              MOVE_MILLIS);
        }
      }
      return this;
    }

    /** Gives the slot to the new node: from now on the old one answers MOVED. */
    public RedisServer finish() {
      for (RedisServer node : List.of(to, from)) {
        node.command("CLUSTER", "SETSLOT", slot, "NODE", id(to));
      }
      cluster.awaitAgreement();
      return to;
    }
  }

  private int slot(String key) {
    Object slot = alive().findFirst().orElseThrow().command("CLUSTER", "KEYSLOT", key);
    return Integer.parseInt(String.valueOf(slot));
  }

  private static String id(RedisServer node) {
    @Nullable Object id = node.command("CLUSTER", "MYID");
    return String.valueOf(Objects.requireNonNull(id, "id"));
  }

  private String logs() {
    return nodes().stream().map(RedisServer::log).collect(Collectors.joining("\n"));
  }

  /** Kills all processes and deletes their directories. Idempotent. */
  @Override
  public void close() {
    nodes().forEach(RedisServer::close);
  }
}
