package dev.perennial.examples.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.checkpoint.redis.RedisCheckpointStore;
import dev.perennial.cli.ChildProcess;
import dev.perennial.examples.Snippets;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.redis.RedisServer;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiles and runs the README's lines about MongoDB. */
class WatchOrdersTest {

  private static final String ORDERS = "shop.orders";

  @TempDir private Path folder;

  @Test
  void compilesAndRuns() throws Exception {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start();
        RedisServer redis = RedisServer.start();
        RedisCheckpointStore store = RedisCheckpointStore.at(redis.uri())) {
      CheckpointAdmin checkpoints = store.admin().orElseThrow();
      compile(
          region()
              .replace("mongodb://localhost:27017", mongo.connectionString())
              .replace("redis://localhost:6379", redis.uri()));
      try (ChildProcess program = start()) {
        // The stream saves its start before it connects.
        await().atMost(ChildProcess.DEADLINE).until(() -> checkpoints.load("orders").isPresent());
        Optional<Checkpoint> start = checkpoints.load("orders");
        insert(mongo, 1);
        program.awaitLines(1);
        assertThat(program.lines().get(0)).startsWith("Change[insert shop.orders at ");
        await()
            .atMost(ChildProcess.DEADLINE)
            .until(() -> !checkpoints.load("orders").equals(start));
      }
    }
  }

  private static String region() throws Exception {
    Path source =
        Path.of("src", "main", "java", "dev", "perennial", "examples", "mongo", "WatchOrders.java");
    return String.join("\n", Snippets.region(source, "watch"));
  }

  private void compile(String text) throws Exception {
    Path copy = Files.writeString(folder.resolve("WatchOrders.java"), text);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    String classPath = System.getProperty("java.class.path");
    assertThat(
            compiler.run(
                null, null, null, "-d", folder.toString(), "-cp", classPath, copy.toString()))
        .isZero();
  }

  private ChildProcess start() throws Exception {
    String classPath = folder + File.pathSeparator + System.getProperty("java.class.path");
    return ChildProcess.java("WatchOrders", classPath, Map.of(), true);
  }

  private static void insert(ReplicaSetSimulator mongo, int id) {
    mongo.insert(ORDERS, new BsonDocument("_id", new BsonInt32(id)));
  }
}
