package dev.perennial.cli.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.ClosedPort;
import dev.perennial.cli.Perennial;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointStore;
import dev.perennial.simulators.redis.RedisServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CheckpointCommandTest {

  private static final Checkpoint ORDERS = new Checkpoint("mongodb", "a1b2", "1 time 1700000000.7");

  @TempDir private static Path folder;
  private static RedisServer redis;

  @BeforeAll
  static void startRedis() {
    redis = RedisServer.builder().password("geheim").start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  /** Returns an empty location of each kind. */
  static Stream<String> locations() throws Exception {
    Path directory = Files.createTempDirectory(folder, "checkpoints");
    redis.command("FLUSHALL");
    return Stream.of("file:" + directory, directory.toString(), redis.uri());
  }

  @ParameterizedTest
  @MethodSource("locations")
  void listsShowsAndDeletes(String location) throws Exception {
    save(location, "orders", ORDERS);
    save(location, "app/log", new Checkpoint("lines", "", "7"));

    assertThat(run("list", location)).isEqualTo(new Result(0, "app/log\norders\n", ""));
    assertThat(run("show", location, "orders"))
        .isEqualTo(
            new Result(
                0,
                """
                stream        orders
                source        mongodb
                fingerprint   a1b2
                position      1 time 1700000000.7
                cluster time  2023-11-14T22:13:20Z, increment 7
                """,
                ""));
    String where = " in " + CheckpointLocation.parse(location) + "\n";
    assertThat(run("delete", location, "orders"))
        .isEqualTo(new Result(0, "deleted the checkpoint \"orders\"" + where, ""));
    assertThat(run("list", location)).isEqualTo(new Result(0, "app/log\n", ""));
    assertThat(run("delete", location, "app/log"))
        .isEqualTo(new Result(0, "deleted the checkpoint \"app/log\"" + where, ""));
    assertThat(run("list", location))
        .isEqualTo(new Result(0, "", "there is no checkpoint" + where));
  }

  @ParameterizedTest
  @MethodSource("locations")
  void reportsAMissingCheckpoint(String location) throws Exception {
    save(location, "orders", ORDERS);
    String there = "\"order\" has no checkpoint in " + CheckpointLocation.parse(location);
    for (String command : List.of("show", "delete")) {
      Result result = run(command, location, "order");
      assertThat(result.status).isEqualTo(1);
      assertThat(result.out).isEmpty();
      assertThat(result.err)
          .isEqualTo("perennial: Stream " + there + ". Streams that have one: orders.\n");
    }
    run("delete", location, "orders");
    assertThat(run("show", location, "order").err).endsWith("No stream has one there.\n");
  }

  @ParameterizedTest
  @MethodSource("locations")
  void deletesNothingWhileTheStreamRuns(String location) throws Exception {
    save(location, "orders", ORDERS);
    try (CheckpointStore store = CheckpointLocation.parse(location).open();
        CheckpointClaim claim = store.tryClaim("orders", why -> {}).orElseThrow()) {
      Result result = run("delete", location, "orders");
      assertThat(result.status).isEqualTo(1);
      assertThat(result.err)
          .startsWith("perennial: ")
          .contains("orders", "holds its claim")
          .hasLineCount(1);
      assertThat(run("show", location, "orders").status).as("can be looked at").isZero();
      assertThat(claim.load()).contains(ORDERS);
    }
    assertThat(run("delete", location, "orders").status).isZero();
  }

  @Test
  void copiesFromADirectoryToRedisAndBack() throws Exception {
    redis.command("FLUSHALL");
    Path directory = Files.createTempDirectory(folder, "checkpoints");
    String backup = "file:" + folder.resolve("backup");
    save(directory.toString(), "orders", ORDERS);

    assertThat(run("copy", directory.toString(), "orders", redis.uri()))
        .isEqualTo(
            new Result(
                0,
                "copied the checkpoint \"orders\" in %s to %s\n"
                    .formatted(directory, CheckpointLocation.parse(redis.uri())),
                ""));
    assertThat(run("copy", redis.uri(), "orders", backup).status)
        .as("to a directory that does not exist")
        .isZero();

    for (String location : List.of(directory.toString(), redis.uri(), backup)) {
      assertThat(load(location, "orders")).contains(ORDERS);
    }
  }

  @ParameterizedTest
  @MethodSource("locations")
  void replacesACheckpointOnlyIfAsked(String location) throws Exception {
    Checkpoint newer = new Checkpoint("mongodb", "a1b2", "1 time 1700000009.1");
    Path from = Files.createTempDirectory(folder, "from");
    save(from.toString(), "orders", ORDERS);
    save(location, "orders", newer);

    Result refused = run("copy", from.toString(), "orders", location);

    assertThat(refused)
        .isEqualTo(
            new Result(
                1,
                "",
                "perennial: Cannot copy checkpoint \"orders\" to %s: the stream has one there. Look at it with perennial checkpoint show, and replace it with --replace.\n"
                    .formatted(CheckpointLocation.parse(location))));
    assertThat(load(location, "orders")).contains(newer);
    assertThat(run("copy", from.toString(), "orders", location, "--replace").status).isZero();
    assertThat(load(location, "orders")).contains(ORDERS);
  }

  @ParameterizedTest
  @MethodSource("locations")
  void copiesNothingWhileAStreamHoldsTheClaimThere(String location) throws Exception {
    Path from = Files.createTempDirectory(folder, "from");
    save(from.toString(), "orders", ORDERS);
    try (CheckpointStore store = CheckpointLocation.parse(location).open();
        CheckpointClaim claim = store.tryClaim("orders", why -> {}).orElseThrow()) {
      Result result = run("copy", from.toString(), "orders", location);
      assertThat(result.status).isEqualTo(1);
      assertThat(result.err)
          .startsWith("perennial: Cannot put checkpoint \"orders\"")
          .contains("holds its claim")
          .hasLineCount(1);
      assertThat(claim.load()).isEmpty();
    }
    assertThat(run("copy", from.toString(), "orders", location).status).isZero();
    run("delete", location, "orders");
  }

  @ParameterizedTest
  @MethodSource("locations")
  void copiesNothingIfThereIsNothing(String location) throws Exception {
    Path to = folder.resolve("nowhere");
    Result result = run("copy", location, "orders", "file:" + to);
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err)
        .isEqualTo(
            "perennial: Stream \"orders\" has no checkpoint in %s. No stream has one there.\n"
                .formatted(CheckpointLocation.parse(location)));
    assertThat(to).doesNotExist();
  }

  @Test
  void copiesBetweenPrefixes() throws Exception {
    redis.command("FLUSHALL");
    save(redis.uri(), "orders", ORDERS);
    String mine = "mine";
    assertThat(run("copy", redis.uri(), "orders", redis.uri(), "--to-prefix", mine).status)
        .isZero();
    assertThat(run("list", redis.uri(), "--prefix", mine).out).isEqualTo("orders\n");
    run("delete", redis.uri(), "orders");
    assertThat(run("copy", redis.uri(), "orders", redis.uri(), "--prefix", mine).status).isZero();
    assertThat(load(redis.uri(), "orders")).contains(ORDERS);
    Result result = run("copy", redis.uri(), "orders", "file:" + folder, "--to-prefix", mine);
    assertThat(result.status).isEqualTo(2);
    assertThat(result.err).contains("--to-prefix is for checkpoints in Redis");
  }

  @Test
  void reportsAMissingDirectory() {
    Path missing = folder.resolve("missing");
    assertThat(run("list", "file:" + missing))
        .isEqualTo(new Result(1, "", "perennial: There is no directory " + missing + ".\n"));
    assertThat(missing).doesNotExist();
  }

  @Test
  void reportsACorruptCheckpoint() throws Exception {
    Path directory = Files.createTempDirectory(folder, "checkpoints");
    save(directory.toString(), "orders", ORDERS);
    Files.writeString(directory.resolve("orders.checkpoint"), "rubbish");
    Result result = run("show", directory.toString(), "orders");
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err).contains("orders.checkpoint").hasLineCount(1);
  }

  @Test
  void findsKeysWithAPrefix() throws Exception {
    redis.command("FLUSHALL");
    try (CheckpointStore store = CheckpointLocation.parse(redis.uri()).open("mine")) {
      save(store, "orders", ORDERS);
    }
    assertThat(run("list", redis.uri()).out).isEmpty();
    assertThat(run("list", redis.uri(), "--prefix", "mine").out).isEqualTo("orders\n");
    Result result = run("list", "file:" + folder, "--prefix", "mine");
    assertThat(result.status).isEqualTo(2);
    assertThat(result.err).contains("--prefix is for checkpoints in Redis");
  }

  @Test
  void reportsARefusedRedisPasswordWithoutShowingIt() {
    String wrong = "redis://:falsch@127.0.0.1:" + redis.port();
    Result result = run("list", wrong);
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err)
        .startsWith("perennial: ")
        .contains("password")
        .doesNotContain("falsch")
        .hasLineCount(1);
  }

  @Test
  void reportsAnUnreachableRedis() throws Exception {
    try (ClosedPort port = new ClosedPort()) {
      Result result = run("list", "redis://127.0.0.1:" + port.number());
      assertThat(result.status).isEqualTo(1);
      assertThat(result.err).contains("127.0.0.1:" + port.number()).hasLineCount(1);
    }
  }

  @Test
  void rejectsInvalidArguments() {
    Result result = run("list", "s3://key:geheim@bucket");
    assertThat(result.status).isEqualTo(2);
    assertThat(result.err)
        .contains("checkpoints cannot be in s3://…", "See perennial checkpoint list --help.")
        .doesNotContain("geheim");
    assertThat(run("show", folder.toString()).err).contains("Missing required parameter: 'ID'");
    assertThat(run("show", folder.toString(), "").status).isEqualTo(2);
    assertThat(run().err).contains("Missing subcommand. Give list, show, copy or delete.");
  }

  @Test
  void runsInAProcess() throws Exception {
    Path directory = Files.createTempDirectory(folder, "checkpoints");
    save(directory.toString(), "naïve 水", ORDERS);
    try (ChildProcess program =
        ChildProcess.java(
            Perennial.class.getName(),
            Map.of("LC_ALL", "C"),
            "checkpoint",
            "list",
            directory.toString())) {
      assertThat(program.exitStatus()).as(program.toString()).isZero();
      assertThat(program.lines()).containsExactly("naïve 水");
    }
  }

  private record Result(int status, String out, String err) {}

  private static Result run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("checkpoint"));
    all.addAll(List.of(arguments));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Perennial.commandLine(new CommandLine(new Perennial()))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(all.toArray(String[]::new));
    return new Result(status, out.toString(), err.toString());
  }

  private static Optional<Checkpoint> load(String location, String id) throws Exception {
    try (CheckpointStore store = CheckpointLocation.parse(location).open()) {
      return store.admin().orElseThrow().load(id);
    }
  }

  private static void save(String location, String id, Checkpoint checkpoint) throws Exception {
    try (CheckpointStore store = CheckpointLocation.parse(location).open()) {
      save(store, id, checkpoint);
    }
  }

  private static void save(CheckpointStore store, String id, Checkpoint checkpoint)
      throws Exception {
    try (CheckpointClaim claim = store.tryClaim(id, why -> {}).orElseThrow()) {
      claim.save(checkpoint);
    }
  }
}
