package dev.perennial.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BenchTest {

  private static final int WRONG_ARGUMENTS = 2;
  private static final String FAST_START = "-XX:TieredStopAtLevel=1";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();
  private final StringWriter errors = new StringWriter();

  @TempDir private Path folder;

  private int run(String... args) {
    CommandLine command =
        Bench.commandLine(
            new Bench(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(progress, true, StandardCharsets.UTF_8)));
    return command.setErr(new PrintWriter(errors, true)).execute(args);
  }

  @Test
  @DisplayName("every client of Tap handles and acks all events, as the server has counted")
  void tap() throws Exception {
    Path json = folder.resolve("tap.json");
    Path chart = folder.resolve("tap.svg");
    int status =
        run(
            "--tap",
            "--events",
            "2000",
            "--rounds",
            "1",
            "--jvm",
            FAST_START,
            "--json",
            json.toString(),
            "--chart",
            chart.toString());
    assertThat(status).as(progress.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("Tap, events of 452 B")
        .contains("**Perennial** `next()`")
        .contains("JDK `WebSocket`")
        .contains("receive only")
        .doesNotContain("failed");
    assertThat(Files.readString(json)).contains("\"hand-tuned\"");
    assertThat(Files.readString(chart)).startsWith("<svg");
  }

  @Test
  @DisplayName("every client of MongoDB reads all events")
  void mongo() {
    int status =
        run("--mongo", "--size", "small", "--events", "1000", "--rounds", "1", "--jvm", FAST_START);
    assertThat(status).as(progress.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("MongoDB, events of 3")
        .contains("**Perennial** `next()`, event left raw")
        .contains("Spring Data")
        .doesNotContain("failed");
  }

  @Test
  @DisplayName("what is measured on request prints its tables")
  void probes() {
    assertThat(run("--quick", "--latency", "--reconnect", "--memory", "--window")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("| `ack()` → server |")
        .contains("| backoff | handshake |")
        .contains("| before the stream |")
        .contains("A window of 100,000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--only nobody; There is no client \"nobody\". There are next, poll",
        "--events 0; --events must be at least 1.",
        "--rounds -1; --rounds must be at least 1.",
        "--rounds many; Invalid value for option '--rounds'",
        "--size huge; Invalid value for option '--size'",
        "--tap --only raw; --only names no client of what is run.",
        "--mongo --only next; --only names no client of what is run.",
        "--tap --uri mongodb://localhost; --uri is for MongoDB, and --tap leaves that out.",
        "--json /no/such/folder/a.json; Cannot write to --json /no/such/folder/a.json",
        "--chart .; Cannot write to --chart .: it is a folder",
        "--fast; Unknown option: '--fast'"
      })
  @DisplayName("wrong arguments are refused before anything runs")
  void wrongArguments(String arguments, String message) {
    assertThat(run(arguments.split(" "))).isEqualTo(WRONG_ARGUMENTS);
    assertThat(errors.toString())
        .startsWith("perennial: ")
        .contains(message)
        .contains("See perennial bench --help.");
    assertThat(out.size()).isZero();
  }

  @Test
  @DisplayName("help names the clients and the tables")
  void help() {
    StringWriter help = new StringWriter();
    Bench bench =
        new Bench(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(progress, true, StandardCharsets.UTF_8));
    assertThat(Bench.commandLine(bench).setOut(new PrintWriter(help, true)).execute("--help"))
        .isZero();
    assertThat(help.toString()).contains("hand-tuned", "driver-raw", "SMALL, MEDIUM");
  }
}
