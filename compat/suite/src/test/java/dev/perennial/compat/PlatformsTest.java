package dev.perennial.compat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.simulators.mongo.ReplicaSetSimulator;
import dev.perennial.simulators.redis.RedisServer;
import dev.perennial.simulators.tap.TapSimulator;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An application in a JVM of its own on the class path of each platform, which Maven has written
 * down for the platform's module; the servers run here.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class PlatformsTest {

  private static final int EVENTS = 50;
  private static final Path COMPAT = Path.of("").toAbsolutePath().getParent();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "newest",
        "lowest",
        "spring-boot-3.4",
        "spring-boot-3.5",
        "spring-boot-4.0",
        "spring-boot-4.1",
        "quarkus-3",
        "micronaut-4",
        "micronaut-5"
      })
  void handlesEachEventOnceAcrossARestart(String platform) throws Exception {
    String main = platform.startsWith("spring") ? "SpringMain" : "Main";
    try (TapSimulator tap = TapSimulator.builder().start();
        ReplicaSetSimulator mongo = ReplicaSetSimulator.builder().start();
        RedisServer redis = RedisServer.start()) {
      String[] arguments = {
        "localhost:" + tap.port(), mongo.connectionString(), redis.uri(), String.valueOf(EVENTS)
      };
      List<String> handled = new ArrayList<>();

      Process first = start(platform, main, arguments);
      try (BufferedReader output = first.inputReader()) {
        awaitLive(output);
        write(tap, mongo, 0);
        handled.addAll(linesOf(output));
      }
      assertThat(first.waitFor()).isZero();
      // What comes while the application does not run is not lost either.
      write(tap, mongo, EVENTS);
      Process second = start(platform, main, arguments);
      try (BufferedReader output = second.inputReader()) {
        handled.addAll(linesOf(output));
      }
      assertThat(second.waitFor()).isZero();

      assertThat(handled)
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, 2 * EVENTS)
                  .boxed()
                  .flatMap(i -> Stream.of("tap " + i, "mongo {\"_id\": " + i + "}"))
                  .toList());
      assertThat(readme()).as("the row of " + platform).contains(row(platform));
    }
  }

  @Test
  void eachVersionThatIsTooOldIsOneClearError() throws Exception {
    Process probe = start("too-old", "Probe");
    List<String> printed;
    try (BufferedReader output = probe.inputReader()) {
      printed = output.lines().filter(line -> line.contains("Cannot use")).toList();
    }
    assertThat(printed)
        .containsExactly(
            refused("netty-common 4.1.77.Final", "netty"),
            "java.lang.IllegalStateException: Cannot use Jackson "
                + System.getProperty("built.jackson")
                + " with jackson-annotations 2.18.5: Perennial needs 2.21 or newer. Raise the"
                + " version in your build; with Spring Boot, set the property jackson-bom.version.",
            refused("the MongoDB driver 4.11.5", "mongodb"),
            refused("Lettuce 6.1.10.RELEASE", "lettuce"));
  }

  @Test
  void lettuce7IsRefusedBesideNettyOfBefore() throws Exception {
    String netty = "netty-[a-z0-9-]+-[0-9.]+Final.jar";
    String classPath =
        Stream.concat(
                jars("newest").filter(jar -> !jar.matches(".*" + netty)),
                jars("lowest").filter(jar -> jar.matches(".*" + netty)))
            .collect(Collectors.joining(File.pathSeparator));
    Process probe = startOn(classPath, "Probe");
    try (BufferedReader output = probe.inputReader()) {
      assertThat(output.lines().filter(line -> line.contains("Cannot use")))
          .singleElement()
          .asString()
          .matches(
              ".*Cannot use Lettuce 7\\S+ with Netty 4\\.1\\S+: Perennial needs 4.2.0 or newer.*");
    }
  }

  private static Stream<String> jars(String platform) throws IOException {
    return Stream.of(classPath(platform).split(File.pathSeparator));
  }

  private static String refused(String what, String library) {
    return "java.lang.IllegalStateException: Cannot use %s: Perennial needs %s or newer. Raise the version in your build; with Spring Boot, set the property %s.version."
        .formatted(
            what, System.getProperty("lowest." + library).replaceFirst("\\.[A-Z].*", ""), library);
  }

  private static void write(TapSimulator tap, ReplicaSetSimulator mongo, int from) {
    for (int i = from; i < from + EVENTS; i++) {
      tap.emitRecord(
          "did:plc:perennial", "app.example.note", String.valueOf(i), true, "{\"n\":" + i + "}");
      mongo.insert("shop.orders", BsonDocument.parse("{_id: " + i + "}"));
    }
  }

  private static Process start(String platform, String main, String... arguments)
      throws IOException {
    return startOn(classPath(platform), main, arguments);
  }

  private static Process startOn(String classPath, String main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classPath));
    command.add("dev.perennial.compat." + main);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void awaitLive(BufferedReader output) throws IOException {
    List<String> before = new ArrayList<>();
    for (String line = ""; !line.equals("live"); ) {
      line = output.readLine();
      assertThat(line).as("what came before the application ended: %s", before).isNotNull();
      before.add(line);
    }
  }

  /** What the application says of events; a framework may log between them. */
  private static List<String> linesOf(BufferedReader output) {
    return output.lines().filter(line -> line.matches("(tap|mongo) .*")).toList();
  }

  private static String classPath(String platform) throws IOException {
    return Files.readString(COMPAT.resolve(platform).resolve("target/classpath.txt")).strip();
  }

  private static String readme() throws IOException {
    return Files.readString(COMPAT.resolveSibling("README.md"));
  }

  /** What the README says of a platform: the versions that it was tested with. */
  private static String row(String platform) throws IOException {
    String jars = classPath(platform);
    String row = "";
    for (String jar :
        List.of(
            "netty-common",
            "lettuce-core",
            "mongodb-driver-sync",
            "tools.jackson.core",
            "slf4j-api")) {
      Pattern version =
          jar.equals("tools.jackson.core")
              ? Pattern.compile("tools/jackson/core/jackson-databind/([^/]+)/")
              : Pattern.compile("/" + jar + "/([^/]+)/");
      Matcher found = version.matcher(jars.replace('\\', '/'));
      assertThat(found.find()).as("%s in %s", jar, jars).isTrue();
      row += " | " + found.group(1).replaceFirst("\\.(Final|RELEASE)$", "");
    }
    return row + " |";
  }
}
