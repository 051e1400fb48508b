package dev.perennial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code ./perennial} in a clone of empty files, with scripts in place of Java and Maven. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {

  private static final List<String> TOOLS =
      List.of(
          "sh",
          "sed",
          "find",
          "head",
          "dirname",
          "readlink",
          "tee",
          "cat",
          "rm",
          "mkdir",
          "touch",
          "grep");
  private static final Instant BEFORE = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path folder;
  private Path clone;
  private Path bin;
  private Path jdk;

  @BeforeEach
  void createClone() throws IOException {
    clone = Files.createDirectories(folder.resolve("a clone"));
    Files.copy(Path.of("..", "perennial"), clone.resolve("perennial"));
    write(clone.resolve("pom.xml"), "");
    for (String module :
        List.of(
            "core",
            "transport-netty",
            "source-tap",
            "source-mongo",
            "checkpoint-file",
            "checkpoint-redis",
            "dead-letter-file",
            "simulators",
            "cli",
            "benchmarks")) {
      write(clone.resolve(module + "/pom.xml"), "");
      write(clone.resolve(module + "/src/main/java/A.java"), "");
    }
    bin = Files.createDirectories(folder.resolve("bin"));
    for (String tool : TOOLS) {
      Files.createSymbolicLink(bin.resolve(tool), find(tool));
    }
    jdk = folder.resolve("jdk");
    java("17");
    script(jdk.resolve("bin/javac"), "");
    Files.createSymbolicLink(bin.resolve("java"), jdk.resolve("bin/java"));
    maven(
        "3.8.1",
        "echo '[INFO] Building Perennial core 0.1.0-SNAPSHOT      [2/8]'; touch cli/target/perennial.jar");
  }

  @Test
  void buildsOnceAndRuns() throws Exception {
    Result first = run("demo", "--seed", "7");
    assertThat(first.status).isZero();
    assertThat(first.err).startsWith("perennial: building").contains("  Perennial core [2/8]\n");
    assertThat(first.out)
        .contains("-Dperennial.terminal=false -jar " + real("cli/target/perennial.jar"))
        .contains("[demo][--seed][7]");
    assertThat(clone.resolve("calls"))
        .hasContent("-B -Dquick -Dstyle.color=never -pl cli -am package");
    Result second = run("demo");
    assertThat(second.status).isZero();
    assertThat(second.err).isEmpty();
    assertThat(second.out).contains("[demo]");
  }

  @Test
  void buildsAgainWhenASourceIsNewerOrGone() throws Exception {
    run();
    age(clone.resolve("cli/target/perennial.jar"), BEFORE.plusSeconds(60));
    assertThat(run().err).isEmpty();
    age(clone.resolve("source-tap/src/main/java/A.java"), BEFORE.plusSeconds(120));
    assertThat(run().err).contains("building");
    age(clone.resolve("source-tap/src/main/java/A.java"), BEFORE);
    age(clone.resolve("cli/target/perennial.jar"), BEFORE.plusSeconds(60));
    assertThat(run().err).isEmpty();
    Files.delete(clone.resolve("core/src/main/java/A.java"));
    assertThat(run().err).contains("building");
  }

  @Test
  void buildsAndRunsTheBenchmarksApart() throws Exception {
    run();
    maven("3.8.1", "touch benchmarks/target/benchmarks.jar");
    Result first = run("bench", "--tap", "--only", "next");
    assertThat(first.status).as(first.err).isZero();
    assertThat(first.err).startsWith("perennial: building");
    assertThat(clone.resolve("calls"))
        .hasContent("-B -Dquick -Dstyle.color=never -pl benchmarks -am package");
    assertThat(first.out)
        .contains("-cp " + real("benchmarks/target/benchmarks.jar"))
        .contains("[dev.perennial.benchmarks.bench.Bench][--tap][--only][next]");
    assertThat(run("bench").err).isEmpty();
    assertThat(run("demo").err).isEmpty();
    age(clone.resolve("benchmarks/target/benchmarks.jar"), BEFORE.plusSeconds(60));
    age(clone.resolve("cli/target/perennial.jar"), BEFORE.plusSeconds(60));
    age(clone.resolve("benchmarks/src/main/java/A.java"), BEFORE.plusSeconds(120));
    assertThat(run("bench").err).contains("building");
    assertThat(run("demo").err).isEmpty();
  }

  @Test
  void passesArgumentsAndTheExitStatus() throws Exception {
    run();
    Result result = run("a b", "*", "", "$x");
    assertThat(result.out).contains("[a b][*][][$x]");
    assertThat(run("exit", "7").status).isEqualTo(7);
  }

  @Test
  void runsThroughASymbolicLinkFromAnotherFolder() throws Exception {
    Path links = Files.createDirectories(folder.resolve("links"));
    Files.createSymbolicLink(links.resolve("one"), Path.of("..", "a clone", "perennial"));
    Files.createSymbolicLink(links.resolve("two"), Path.of("one"));
    Result result = run(links.resolve("two"), Map.of(), "demo");
    assertThat(result.status).as(result.err).isZero();
    assertThat(result.out).contains("-jar " + real("cli/target/perennial.jar"));
  }

  @Test
  void prefersJavaHome() throws Exception {
    Files.delete(bin.resolve("java"));
    Result result = run(clone.resolve("perennial"), Map.of("JAVA_HOME", jdk.toString()), "demo");
    assertThat(result.status).as(result.err).isZero();
  }

  @Test
  void reportsMissingJava() throws Exception {
    Files.delete(bin.resolve("java"));
    assertFails("perennial: no Java found.", "Install a JDK 17 or newer");
  }

  @Test
  void reportsAWrongJavaHome() throws Exception {
    Result result = run(clone.resolve("perennial"), Map.of("JAVA_HOME", "/no/where"));
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err).contains("JAVA_HOME is /no/where, but there is no bin/java in it.");
  }

  @Test
  void reportsAnOldJava() throws Exception {
    java("11");
    assertFails("java) is version 11, which is too old.", "Install a JDK 17 or newer");
    java("1.8");
    assertFails("java) is version 8, which is too old.", "Install a JDK 17 or newer");
  }

  @Test
  void reportsABrokenJava() throws Exception {
    script(jdk.resolve("bin/java"), "echo 'install one first' >&2; exit 1");
    assertFails("does not run:", "install one first");
  }

  @Test
  void reportsAJavaWithoutACompiler() throws Exception {
    Files.delete(jdk.resolve("bin/javac"));
    assertFails("it is not a JDK.", "Install a JDK 17 or newer");
  }

  @Test
  void reportsMissingMaven() throws Exception {
    Files.delete(bin.resolve("mvn"));
    assertFails("perennial: no Maven found.", "Install Maven 3.8 or newer");
  }

  @Test
  void reportsAnOldMaven() throws Exception {
    maven("3.6.3", "");
    assertFails("perennial: Maven 3.6.3 is too old.", "Install Maven 3.8 or newer");
    maven("4.0.0", "touch cli/target/perennial.jar");
    assertThat(run().status).isZero();
  }

  @Test
  void reportsABuildFailure() throws Exception {
    maven("3.9.9", "echo '[INFO] much'; echo '[ERROR] no disk'; exit 5");
    Result result = run("demo");
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err)
        .contains("[ERROR] no disk", "perennial: the build failed with status 5.", "build.log")
        .doesNotContain("[INFO]");
    assertThat(result.out).isEmpty();
  }

  private record Result(int status, String out, String err) {}

  private void assertFails(String... words) throws Exception {
    Result result = run("demo");
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err).contains(words);
    assertThat(result.out).isEmpty();
  }

  private Result run(String... arguments) throws Exception {
    return run(clone.resolve("perennial"), Map.of(), arguments);
  }

  private Result run(Path launcher, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(find("env").toString(), "-i", "PATH=" + bin));
    environment.forEach((name, value) -> command.add(name + "=" + value));
    command.add(launcher.toString());
    command.addAll(List.of(arguments));
    try (ChildProcess program = ChildProcess.start(command, folder, Map.of(), true)) {
      int status = program.exitStatus();
      return new Result(status, program.out(), program.err());
    }
  }

  private void java(String version) throws IOException {
    script(
        jdk.resolve("bin/java"),
        """
        if [ "$1" = -XshowSettings:properties ]; then
          echo "    java.home = %s" >&2
          echo "    java.specification.version = %s" >&2
          exit 0
        fi
        echo "$*"
        for argument in "$@"; do printf '[%%s]' "$argument"; done
        while [ $# -gt 2 ]; do shift; done
        [ "$1" != exit ] || exit "$2"
        """
            .formatted(jdk, version));
  }

  private void maven(String version, String build) throws IOException {
    script(
        bin.resolve("mvn"),
        """
        if [ "$1" = -v ]; then echo "Apache Maven %s (abc)"; exit 0; fi
        echo "$*" > calls
        [ "$JAVA_HOME" = "%s" ] || { echo "[ERROR] JAVA_HOME is $JAVA_HOME"; exit 1; }
        %s
        """
            .formatted(version, jdk, build));
  }

  private Path real(String file) throws IOException {
    return clone.toRealPath().resolve(file);
  }

  private static void script(Path file, String body) throws IOException {
    Files.createDirectories(file.getParent());
    Files.deleteIfExists(file);
    Files.writeString(file, "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Writes a file that, like its folders, is older than the build. */
  private void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    for (Path path = file; !path.equals(clone); path = path.getParent()) {
      age(path, BEFORE);
    }
  }

  private static void age(Path file, Instant time) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(time));
  }

  private static Path find(String tool) {
    for (String folder : System.getenv("PATH").split(":")) {
      Path file = Path.of(folder, tool);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    throw new IllegalStateException("this machine has no " + tool);
  }
}
