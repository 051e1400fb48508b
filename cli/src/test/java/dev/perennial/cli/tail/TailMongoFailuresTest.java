package dev.perennial.cli.tail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.Checkpoints;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.checkpoint.file.FileCheckpointStore;
import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.ClosedPort;
import dev.perennial.cli.Perennial;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoSource;
import dev.perennial.source.mongo.Scope;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** An error of {@code tail mongo} is one line that says what to do. */
class TailMongoFailuresTest {

  private static final String ORDERS = "shop.orders";

  @TempDir private Path folder;

  @Test
  void reportsAStandaloneServer() {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().standalone().start()) {
      Result result = tail(mongo.connectionString(), "--watch", ORDERS);
      assertThat(result.status).isEqualTo(1);
      assertThat(result.err).contains("replica set", "--replSet", "rs.initiate()").hasLineCount(1);
    }
  }

  @Test
  void reportsARefusedPasswordWithoutShowingIt() {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start()) {
      mongo.faults().refuseCredentials(true);
      String address = mongo.connectionString().replace("mongodb://", "mongodb://ann:geheim@");
      Result result = tail(address, "--watch", ORDERS);
      assertThat(result.status).as(result.err).isEqualTo(3);
      assertThat(result.err).containsIgnoringCase("password").doesNotContain("geheim");
      assertThat(result.err).hasLineCount(1);
    }
  }

  @Test
  void reportsMissingCredentials() {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start()) {
      mongo.faults().refuseCredentials(true);
      Result result = tail(mongo.connectionString(), "--watch", ORDERS);
      assertThat(result.status).as(result.err).isEqualTo(3);
      assertThat(result.err)
          .contains("requires a user and a password. Give mongodb://USER:PASSWORD@HOST")
          .doesNotContain("role")
          .hasLineCount(1);
    }
  }

  @Test
  void reportsARejectedPipeline() {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start()) {
      Result result =
          tail(mongo.connectionString(), "--watch", ORDERS, "--pipeline", "{\"$nonsense\": 1}");
      assertThat(result.status).as(result.err).isEqualTo(1);
      assertThat(result.err).contains("pipeline", "$nonsense").hasLineCount(1);
    }
  }

  @Test
  void reportsAnUnreachableServerAndItsCause() throws Exception {
    try (ClosedPort port = new ClosedPort()) {
      String host = "127.0.0.1:" + port.number();
      Result result = tail("mongodb://ann:geheim@" + host, "--watch", ORDERS, "--wait", "1");
      assertThat(result.status).isEqualTo(1);
      assertThat(result.err)
          .contains("Cannot connect to mongodb://" + host + " within 1 s: " + host + ": ")
          .contains("--wait SECONDS")
          .doesNotContain("geheim", "Timed out while waiting")
          .hasLineCount(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{\"_data\":\"82\"} | 15", "{\"_data\":\"1795373578\"} | 9", "{\"a\":1} | 40647"})
  void reportsARejectedResumeToken(String token, String code) {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start()) {
      Result result = tail(mongo.connectionString(), "--watch", ORDERS, "--from", token);
      assertThat(result.status).as(result.err).isEqualTo(1);
      assertThat(result.err)
          .contains("does not accept the resume token", code, "--from now")
          .doesNotContain("overwritten", "lost")
          .hasLineCount(1);
    }
  }

  @Test
  void reportsAStartBeforeTheOplog() {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start()) {
      insert(mongo, 1);
      mongo.faults().truncateOplog(insert(mongo, 2));
      Result result =
          tail(mongo.connectionString(), "--watch", ORDERS, "--from", "2001-01-01T00:00:00Z");
      assertThat(result.status).as(result.err).isEqualTo(1);
      assertThat(result.err).contains("its oplog was overwritten", "--from now").hasLineCount(1);
    }
  }

  @Test
  void reportsAnOverwrittenOplog() throws Exception {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start()) {
      MongoSource source =
          MongoSource.builder(mongo.connectionString()).watch(Scope.parse(ORDERS)).build();
      try (EventStream<ChangeEvent> stream =
          EventStream.from(source, Checkpoints.in(FileCheckpointStore.in(folder), ORDERS)).open()) {
        stream.awaitLive(ChildProcess.DEADLINE);
        insert(mongo, 1);
        Delivery<ChangeEvent> delivery = stream.next();
        delivery.ack();
      }
      insert(mongo, 2);
      mongo.faults().truncateOplog(insert(mongo, 3));
      Result result =
          tail(mongo.connectionString(), "--watch", ORDERS, "--checkpoint", "file:" + folder);
      assertThat(result.status).as(result.err).isEqualTo(1);
      assertThat(result.err).contains("its oplog was overwritten", "--from now").hasLineCount(1);
    }
  }

  @Test
  void reportsAClaimOfAnotherStream() throws Exception {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start();
        CheckpointClaim claim =
            FileCheckpointStore.in(folder).tryClaim(ORDERS, why -> {}).orElseThrow()) {
      Result result =
          tail(
              mongo.connectionString(),
              "--watch",
              ORDERS,
              "--checkpoint",
              "file:" + folder,
              "--wait",
              "1");
      assertThat(result.status).as(result.err).isEqualTo(1);
      assertThat(result.err)
          .contains(
              "Cannot claim checkpoint \"shop.orders\" in "
                  + folder
                  + " within 1 s: another stream")
          .contains("--stream-id", "--wait SECONDS")
          .hasLineCount(1);
      assertThat(claim.load()).isEmpty();
    }
  }

  @Test
  void distinguishesAnUnresponsiveRedisFromAnotherStream() throws Exception {
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start();
        ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String redis = "redis://127.0.0.1:" + silent.getLocalPort();
      Result result =
          tail(mongo.connectionString(), "--watch", "a", "--checkpoint", redis, "--wait", "1");
      assertThat(result.status).as(result.err).isEqualTo(1);
      assertThat(result.err)
          .contains("Cannot claim checkpoint \"a\" in " + redis + ": no answer within 1 s")
          .doesNotContain("another stream")
          .hasLineCount(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--watch shop.orders | Missing URI of MongoDB. Give it, or set PERENNIAL_MONGODB_URI",
        "mongodb://localhost | Missing required option: '--watch=NAME'",
        "mongodb://localhost --watch .orders | '--watch' (NAME): \".orders\" cannot be watched: it is not a name. Give",
        "mongodb://localhost --watch= | \"\" cannot be watched: it is not a name. Give shop.orders for a collection",
        "mongodb://localhost --watch shop. | \"shop.\" cannot be watched: it is not a name. Give shop.orders",
        "mongodb://localhost --watch sh/op | \"sh/op\" cannot be watched: it is not a name. Give shop.orders",
        "mongodb://localhost --watch shop.* | \"shop.*\" cannot be watched: it looks like a pattern or a list",
        "mongodb://localhost --watch shop.a,shop.b | Give --watch once per collection",
        "mongodb://localhost --watch shop.$cmd | \"shop.$cmd\" cannot be watched: it looks like a pattern or a list",
        "mongodb://localhost --watch * --watch a.b | \"*\" among others: it is a whole database or the cluster",
        "mongodb://localhost --watch a --pipeline= | is neither JSON, which begins with [ or {, nor a",
        "mongodb://localhost --watch a --checkpoint bogus | '--checkpoint': it is neither",
        "mongodb://localhost --watch a --checkpoint file:x --stream-id= | --stream-id must not be blank",
        "mongodb://localhost --watch a --from yesterday | is not a start. Give now, a time",
        "mongodb://localhost --watch a --pipeline [{ | the pipeline is not a JSON array of stages",
        "mongodb://localhost --watch a --stream-id x | --stream-id needs --checkpoint LOCATION",
        "mongodb://localhost --watch a --max 0 | --max must be at least 1, but is 0.",
        "mongodb://localhost --watch a --checkpoint s3://a:geheim@b | cannot be in s3://…",
        "mongodb://u:ge/heim@localhost --watch a | Cannot use the connection string, which is not shown",
        "http://u:geheim@localhost --watch a | Cannot use the connection string: it does not begin with mongodb://"
      })
  void rejectsInvalidArguments(String arguments, String why) {
    Result result = tail(arguments.split(" "));
    assertThat(result.status).isEqualTo(2);
    assertThat(result.err).contains(why, "See perennial tail mongo --help.").doesNotContain("heim");
    assertThat(result.err).hasLineCount(2);
  }

  private record Result(int status, String err) {}

  private static Result tail(String... arguments) {
    List<String> all = new ArrayList<>(List.of("tail", "mongo"));
    all.addAll(List.of(arguments));
    StringWriter err = new StringWriter();
    int status =
        Perennial.commandLine(new CommandLine(new Perennial()))
            .setErr(new PrintWriter(err, true))
            .execute(all.toArray(String[]::new));
    return new Result(status, err.toString());
  }

  private static BsonTimestamp insert(ReplicaSetSimulator mongo, int id) {
    return mongo.insert(ORDERS, new BsonDocument("_id", new BsonInt32(id)));
  }
}
