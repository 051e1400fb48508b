package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.Perennial;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.redis.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code tail mongo} in a process, against a simulated replica set. */
class TailMongoTest {

  private static final String ORDERS = "shop.orders";

  @TempDir private Path folder;
  private ReplicaSetSimulator mongo;

  @BeforeEach
  void start() {
    mongo = ReplicaSetSimulator.builder().start();
  }

  @AfterEach
  void stop() {
    mongo.close();
  }

  @Test
  void printsEveryKindOfEvent() throws Exception {
    try (ChildProcess tail = tail("--watch", ORDERS, "--max", "6", "--stats")) {
      awaitConnected(tail);
      insert(7);
      mongo.update(ORDERS, id(7), new BsonDocument("total", new BsonInt32(4)), "old");
      mongo.replace(ORDERS, id(7), new BsonDocument("_id", id(7)));
      mongo.delete(ORDERS, id(7));
      mongo.drop(ORDERS);
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      String when = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ ";
      List<String> lines = tail.lines();
      assertThat(lines).hasSize(6).allMatch(line -> line.matches(when + ".*"));
      assertThat(lines.stream().map(line -> line.substring(21)).toList())
          .containsExactly(
              "insert    shop.orders          7 {\"_id\": 7}",
              "update    shop.orders          7 set {\"total\": 4}",
              "replace   shop.orders          7 {\"_id\": 7}",
              "delete    shop.orders          7",
              "drop      shop.orders",
              "invalidate -");
      assertThat(tail.err())
          .contains("connected to mongodb://127.0.0.1:")
          .contains("closed: 6 events printed, 0 stayed unacked")
          .containsPattern("6 events, [0-9.,]+/s in the last [0-9.]+ s, \\d+ s behind the cluster");
    }
  }

  @Test
  void printsJson() throws Exception {
    mongo.createCollection(ORDERS, true);
    insert(7);
    Path pipeline =
        Files.writeString(
            folder.resolve("pipeline.json"), "[{\"$match\": {\"operationType\": \"update\"}}]");
    try (ChildProcess tail =
        tail(
            "--watch",
            "shop",
            "--json",
            "--pipeline",
            pipeline.toString(),
            "--full-document",
            "--before",
            "--max",
            "1")) {
      awaitConnected(tail);
      insert(8);
      mongo.update(ORDERS, id(7), new BsonDocument("total", new BsonInt32(4)));
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(tail.lines()).hasSize(1);
      BsonDocument event = BsonDocument.parse(tail.lines().get(0));
      assertThat(event.getString("operationType").getValue()).isEqualTo("update");
      assertThat(event.getDocument("fullDocumentBeforeChange"))
          .isEqualTo(BsonDocument.parse("{_id: 7}"));
      assertThat(event.getDocument("fullDocument"))
          .isEqualTo(BsonDocument.parse("{_id: 7, total: 4}"));
      assertThat(tail.out()).as("relaxed").doesNotContain("$numberInt");
    }
  }

  @Test
  void resumesAtTheCheckpointOrAtFrom() throws Exception {
    String checkpoints = "file:" + folder.resolve("checkpoints");
    BsonTimestamp before = mongo.currentTime();
    try (ChildProcess tail =
        tail("--watch", ORDERS, "--checkpoint", checkpoints, "--stream-id", "a", "--max", "2")) {
      awaitConnected(tail);
      insert(1, 2, 3, 4);
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(ids(tail)).containsExactly(1, 2);
    }
    insert(5);
    try (ChildProcess tail =
        tail("--watch", ORDERS, "--checkpoint", checkpoints, "--stream-id", "a", "--max", "3")) {
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(ids(tail)).containsExactly(3, 4, 5);
    }
    String start = Instant.ofEpochSecond(before.getTime()).toString();
    try (ChildProcess tail =
        tail(
            "--watch",
            ORDERS,
            "--checkpoint",
            checkpoints,
            "--stream-id",
            "a",
            "--from",
            start,
            "--max",
            "3")) {
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(ids(tail)).as("the checkpoint is overridden").containsExactly(1, 2, 3);
    }
    try (ChildProcess tail =
        tail("--watch", ORDERS, "--checkpoint", checkpoints, "--stream-id", "a", "--max", "1")) {
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(ids(tail)).as("and overwritten").containsExactly(4);
    }
  }

  @Test
  void takesOverThroughRedis() throws Exception {
    try (RedisServer redis = RedisServer.builder().password("geheim").start();
        ChildProcess first = tail("--watch", "*", "--checkpoint", redis.uri())) {
      awaitConnected(first);
      insert(1);
      first.awaitLines(1);
      try (ChildProcess standby =
          tail("--watch", "*", "--checkpoint", redis.uri(), "--wait", "90", "--max", "1")) {
        standby.awaitErr("waiting for the claim on checkpoint \"*\" in redis://127.0.0.1:");
        first.terminate();
        assertThat(first.exitStatus()).as("what SIGTERM gives").isEqualTo(128 + 15);
        assertThat(first.err()).contains("closed: 1 events printed, 0 stayed unacked");
        awaitConnected(standby);
        insert(2);
        assertThat(standby.exitStatus()).as(standby.toString()).isZero();
        assertThat(ids(standby)).containsExactly(2);
        assertThat(standby.err()).as("once").containsOnlyOnce("waiting for the claim");
        assertThat(first.err() + standby.err()).doesNotContain("geheim");
      }
    }
  }

  @Test
  void takesTheConnectionStringFromTheEnvironment() throws Exception {
    BsonTimestamp before = mongo.currentTime();
    insert(1);
    try (ChildProcess tail =
        ChildProcess.java(
            Perennial.class.getName(),
            Map.of("PERENNIAL_MONGODB_URI", mongo.connectionString()),
            "tail",
            "mongo",
            "--watch",
            ORDERS,
            "--from",
            Instant.ofEpochSecond(before.getTime()).toString(),
            "--max",
            "1")) {
      assertThat(tail.exitStatus()).as(tail.toString()).isZero();
      assertThat(ids(tail)).containsExactly(1);
    }
  }

  private void insert(int... ids) {
    for (int id : ids) {
      mongo.insert(ORDERS, new BsonDocument("_id", id(id)));
    }
  }

  private static BsonInt32 id(int id) {
    return new BsonInt32(id);
  }

  /** Returns the ids of the printed inserts. */
  private static List<Integer> ids(ChildProcess tail) {
    return tail.lines().stream()
        .map(line -> Integer.valueOf(line.replaceFirst(".* shop.orders +(\\d+) .*", "$1")))
        .toList();
  }

  /** Waits for the connection, because a stream that begins now has its start only then. */
  private static void awaitConnected(ChildProcess tail) {
    tail.awaitErr("connected to ");
  }

  private ChildProcess tail(String... options) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("tail", "mongo", mongo.connectionString()));
    arguments.addAll(List.of(options));
    return ChildProcess.java(Perennial.class.getName(), Map.of(), arguments.toArray(String[]::new));
  }
}
