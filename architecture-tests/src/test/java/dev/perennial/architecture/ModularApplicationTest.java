package dev.perennial.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.redis.RedisServer;
import dev.perennial.simulators.tap.TapSimulator;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small modular applications. Each is compiled on the module path and run on it in a JVM of its
 * own, with the published modules that it uses and their libraries. Only the compiler needs
 * JSpecify.
 */
class ModularApplicationTest {

  /** Long, because machines may be busy. A test that passes does not wait for it. */
  private static final int DEADLINE_SECONDS = 90;

  @TempDir Path directory;

  @Test
  @DisplayName("Tap over Netty: delivers an event, which Jackson maps to a type of the application")
  void tap() throws Exception {
    String module =
        """
        module app {
          requires dev.perennial.source.tap;
          requires dev.perennial.transport.netty;

          opens app to tools.jackson.databind;
        }
        """;
    String main =
        """
        package app;

        import com.fasterxml.jackson.annotation.JsonProperty;
        import dev.perennial.Delivery;
        import dev.perennial.EventStream;
        import dev.perennial.port.support.LibraryVersion;
        import dev.perennial.source.tap.TapEvent;
        import dev.perennial.source.tap.TapRecord;
        import dev.perennial.source.tap.TapSource;
        import dev.perennial.transport.netty.NettyTransport;

        public class Main {
          record Post(String text) {}

          public static void main(String[] args) throws Exception {
            try (NettyTransport transport = NettyTransport.create();
                EventStream<TapEvent> stream =
                    EventStream.from(TapSource.of(args[0], transport)).open()) {
              Delivery<TapEvent> delivery = stream.next();
              TapRecord record = (TapRecord) delivery.event();
              System.out.println(record.recordAs(Post.class).orElseThrow());
              System.out.println(LibraryVersion.of(JsonProperty.class, "Jackson-annotations"));
              delivery.ack();
            }
          }
        }
        """;
    try (TapSimulator tap = TapSimulator.builder().start()) {
      tap.emitRecord("did:plc:a", "app.bsky.feed.post", "1", true, "{\"text\":\"hello\"}");

      List<Path> path =
          modulePath(
              "dev.perennial.source.tap",
              "dev.perennial.transport.netty",
              "tools.jackson.*",
              "com.fasterxml.jackson.annotation",
              "io.netty.*");
      List<String> lines = run(path, module, main, "localhost:" + tap.port());

      assertThat(lines).hasSize(2);
      assertThat(lines.get(0)).isEqualTo("Post[text=hello]");
      assertThat(lines.get(1)).startsWith("2.");
      assertThat(tap.acked()).isOne();
    }
  }

  @Test
  @DisplayName("MongoDB: delivers a change, which the driver maps to a type of the application")
  void mongo() throws Exception {
    String module =
        """
        module app {
          requires dev.perennial.source.mongo;

          opens app to org.mongodb.bson.record.codec;
        }
        """;
    String main =
        """
        package app;

        import dev.perennial.Checkpoints;
        import dev.perennial.EventStream;
        import dev.perennial.source.mongo.Change;
        import dev.perennial.source.mongo.ChangeEvent;
        import dev.perennial.source.mongo.MongoSource;
        import dev.perennial.source.mongo.Scope;
        import dev.perennial.source.mongo.StartPosition;
        import java.time.Instant;

        public class Main {
          public record Order(int amount) {}

          public static void main(String[] args) throws Exception {
            MongoSource source =
                MongoSource.builder(args[0])
                    .watch(Scope.collection("shop", "orders"))
                    .startAt(StartPosition.at(Instant.ofEpochSecond(Long.parseLong(args[1]))))
                    .build();
            try (EventStream<ChangeEvent> stream =
                EventStream.from(source, Checkpoints.none()).open()) {
              Change change = (Change) stream.next().event();
              System.out.println(change.fullDocument().as(Order.class).orElseThrow());
            }
          }
        }
        """;
    try (ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start()) {
      BsonTimestamp time = mongo.insert("shop.orders", BsonDocument.parse("{_id: 1, amount: 25}"));

      List<Path> path = modulePath("dev.perennial.source.mongo", "org.mongodb.*");
      List<String> lines =
          run(path, module, main, mongo.connectionString(), String.valueOf(time.getTime()));

      assertThat(lines).containsExactly("Order[amount=25]");
    }
  }

  @Test
  @DisplayName("files: a stream resumes after the checkpoint that the one before it saved")
  void file() throws Exception {
    String module =
        """
        module app {
          requires dev.perennial.checkpoint.file;
          requires dev.perennial.testkit;
        }
        """;
    String main =
        """
        package app;

        import dev.perennial.Checkpoints;
        import dev.perennial.EventStream;
        import dev.perennial.checkpoint.file.FileCheckpointStore;
        import dev.perennial.port.StreamRuntime;
        import dev.perennial.testkit.ScriptedClientSource;
        import java.nio.file.Path;

        public class Main {
          public static void main(String[] args) throws Exception {
            FileCheckpointStore store = FileCheckpointStore.in(Path.of(args[0]));
            for (int run = 0; run < 2; run++) {
              ScriptedClientSource<String> source =
                  new ScriptedClientSource<String>(StreamRuntime.system())
                      .connects(c -> c.event(7, "a").end());
              try (EventStream<String> stream =
                  EventStream.from(source, Checkpoints.in(store, "orders")).open()) {
                stream.consume(delivery -> {});
              }
              System.out.println(source.connects().get(0).after().orElseThrow().value());
            }
          }
        }
        """;

    List<Path> path = modulePath("dev.perennial.checkpoint.file", "dev.perennial.testkit");
    List<String> lines = run(path, module, main, directory.resolve("checkpoints").toString());

    assertThat(lines).containsExactly("0", "7");
  }

  @Test
  @DisplayName("dead letters: a stream delivers the letter that a sink has written")
  void deadLetters() throws Exception {
    String module =
        """
        module app {
          requires dev.perennial.deadletter.file;
          requires dev.perennial.testkit;
        }
        """;
    String main =
        """
        package app;

        import dev.perennial.Checkpoints;
        import dev.perennial.EventStream;
        import dev.perennial.deadletter.file.DeadLetterEvent;
        import dev.perennial.deadletter.file.DeadLetterFile;
        import dev.perennial.deadletter.file.DeadLetterSource;
        import dev.perennial.testkit.TestDelivery;
        import java.nio.file.Path;

        public class Main {
          public static void main(String[] args) throws Exception {
            Path directory = Path.of(args[0]);
            try (DeadLetterFile<Integer> letters =
                DeadLetterFile.in(directory, event -> "event " + event)) {
              letters.accept(TestDelivery.of(7), new IllegalStateException());
            }
            try (EventStream<DeadLetterEvent> stream =
                EventStream.from(DeadLetterSource.in(directory), Checkpoints.none()).open()) {
              stream.consume(delivery -> System.out.println(delivery.event().letter().rawEvent()));
            }
          }
        }
        """;

    List<Path> path =
        modulePath(
            "dev.perennial.deadletter.file",
            "dev.perennial.testkit",
            "tools.jackson.*",
            "com.fasterxml.jackson.annotation");
    List<String> lines = run(path, module, main, directory.resolve("letters").toString());

    assertThat(lines).containsExactly("event 7");
  }

  @Test
  @DisplayName("Redis: saves a checkpoint under a claim, and knows the version of Lettuce")
  void redis() throws Exception {
    String module =
        """
        module app {
          requires dev.perennial.checkpoint.redis;
        }
        """;
    String main =
        """
        package app;

        import dev.perennial.checkpoint.redis.RedisCheckpointStore;
        import dev.perennial.port.Checkpoint;
        import dev.perennial.port.CheckpointClaim;
        import dev.perennial.port.support.LibraryVersion;
        import io.lettuce.core.RedisClient;

        public class Main {
          public static void main(String[] args) throws Exception {
            try (RedisCheckpointStore store = RedisCheckpointStore.at(args[0]);
                CheckpointClaim claim = store.tryClaim("orders", lost -> {}).orElseThrow()) {
              claim.save(new Checkpoint("app", "", "5"));
              System.out.println(claim.load().orElseThrow().position());
              System.out.println(store.tryClaim("orders", lost -> {}).isPresent());
            }
            System.out.println(LibraryVersion.of(RedisClient.class, "Lettuce"));
          }
        }
        """;
    try (RedisServer redis = RedisServer.start()) {
      List<Path> path =
          modulePath(
              "dev.perennial.checkpoint.redis",
              "lettuce.core",
              "redis.clients.authentication.core",
              "reactor.core",
              "org.reactivestreams",
              "io.netty.*");
      List<String> lines = run(path, module, main, redis.uri());

      assertThat(lines).hasSize(3).startsWith("5", "false");
      assertThat(lines.get(2)).matches("\\d+\\.\\d+.*");
    }
  }

  @Test
  @DisplayName("test kit: runs a stream in virtual time")
  void testkit() throws Exception {
    String module =
        """
        module app {
          requires dev.perennial.testkit;
        }
        """;
    String main =
        """
        package app;

        import dev.perennial.Checkpoints;
        import dev.perennial.EventStream;
        import dev.perennial.testkit.InMemoryCheckpointStore;
        import dev.perennial.testkit.ScriptedClientSource;
        import dev.perennial.testkit.ScriptedFailure;
        import dev.perennial.testkit.VirtualRuntime;
        import java.time.Duration;

        public class Main {
          public static void main(String[] args) {
            VirtualRuntime runtime = new VirtualRuntime(42);
            ScriptedClientSource<String> source =
                new ScriptedClientSource<String>(runtime)
                    .connects(c -> c.pause(Duration.ofDays(1)).lose(ScriptedFailure.retry("reset")))
                    .connects(c -> c.event(1, "a").end());
            InMemoryCheckpointStore store = new InMemoryCheckpointStore(runtime);
            runtime.run(() -> {
              try (EventStream<String> stream =
                  EventStream.from(source, Checkpoints.in(store, "orders"))
                      .runtime(runtime)
                      .open()) {
                stream.consume(delivery -> System.out.println(delivery.event()));
              }
            });
            System.out.println(store.checkpoint("orders").orElseThrow().position());
          }
        }
        """;

    assertThat(run(modulePath("dev.perennial.testkit"), module, main)).containsExactly("a", "1");
  }

  @Test
  @DisplayName("internal packages are not visible, and types of the API that are sealed stay so")
  void encapsulated() throws IOException {
    String module =
        """
        module app {
          requires dev.perennial.source.mongo;
        }
        """;
    String main =
        """
        package app;

        import dev.perennial.internal.engine.Engine;
        import dev.perennial.source.mongo.Scope;

        public class Main implements Scope {}
        """;

    List<Path> path = modulePath("dev.perennial.source.mongo", "org.mongodb.*");

    assertThat(compile(path, module, main))
        .hasSize(2)
        .anyMatch(error -> error.contains("package dev.perennial.internal.engine is not visible"))
        .anyMatch(error ->
            error.contains("not allowed to extend sealed class: dev.perennial.source.mongo.Scope"));
  }

  /** Compiles an application, runs it, and returns what it prints. */
  private List<String> run(List<Path> path, String module, String main, String... arguments)
      throws IOException, InterruptedException {
    assertThat(compile(path, module, main)).isEmpty();
    String modulePath =
        Stream.concat(path.stream(), Stream.of(classes()))
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-p", modulePath, "-m", "app/app.Main"));
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    Process application =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      boolean ended = application.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
      assertThat(ended && application.exitValue() == 0).as(Files.readString(err)).isTrue();
    } finally {
      application.destroyForcibly();
    }
    return Files.readAllLines(out);
  }

  /** Compiles an application, and returns the compiler's errors. */
  private List<String> compile(List<Path> path, String module, String main) throws IOException {
    Path sources = Files.createDirectories(directory.resolve("sources/app"));
    Path moduleFile = Files.writeString(sources.resolveSibling("module-info.java"), module);
    Path mainFile = Files.writeString(sources.resolve("Main.java"), main);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(found, Locale.ROOT, null)) {
      files.setLocationFromPaths(
          StandardLocation.MODULE_PATH,
          Stream.concat(path.stream(), ClassPathModules.named("org.jspecify")).toList());
      files.setLocationFromPaths(
          StandardLocation.CLASS_OUTPUT, List.of(Files.createDirectories(classes())));
      Iterable<? extends JavaFileObject> units = files.getJavaFileObjects(moduleFile, mainFile);
      compiler.getTask(null, files, found, List.of("-proc:none"), null, units).call();
    }
    return found.getDiagnostics().stream()
        .filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
        .map(each -> each.getMessage(Locale.ROOT))
        .toList();
  }

  private Path classes() {
    return directory.resolve("classes");
  }

  /** Where core, its libraries and these modules are. */
  private static List<Path> modulePath(String... names) {
    return Stream.concat(
            Stream.of("dev.perennial", "dev.failsafe.core", "org.slf4j"), Stream.of(names))
        .flatMap(ClassPathModules::named)
        .toList();
  }
}
