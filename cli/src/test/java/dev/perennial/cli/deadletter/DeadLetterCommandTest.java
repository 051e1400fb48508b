package dev.perennial.cli.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.Perennial;
import dev.perennial.deadletter.file.DeadLetterFile;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.testkit.TestDelivery;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DeadLetterCommandTest {

  private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z";

  private static final Checkpoint CHECKPOINT = new Checkpoint("lines", "", "8");

  /** The position of each event in its source. */
  private record Place() implements Position {
    @Override
    public String toString() {
      return "at 7";
    }
  }

  @TempDir private Path folder;
  private Path letters;

  @BeforeEach
  void nameTheDirectory() {
    letters = folder.resolve("letters");
  }

  @Test
  void listsOneLineForEachLetter() throws Exception {
    write("a", new IllegalStateException("no\nroom"));
    write("b", new Exception());
    breakLine();

    Result result = run("list", letters.toString());

    assertThat(result.status).isZero();
    assertThat(result.err).isEmpty();
    List<String> lines = result.out.lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0))
        .matches(
            " {4}1 {2}"
                + TIME
                + " +attempts 3 {4}position at 7 {2}IllegalStateException: no\\\\u000aroom");
    assertThat(lines.get(1))
        .matches(" {4}2 {2}" + TIME + " +attempts 3 {4}position at 7 {2}Exception");
    assertThat(lines.get(2)).startsWith("    3  no dead letter: ").contains("it is not JSON");
  }

  @Test
  void saysIfThereIsNoLetterOrNoDirectory() throws Exception {
    assertThat(run("list", letters.toString()))
        .isEqualTo(new Result(1, "", "perennial: There is no directory " + letters + ".\n"));
    Files.createDirectory(letters);
    assertThat(run("list", letters.toString()))
        .isEqualTo(new Result(0, "", "there is no dead letter in " + letters + "\n"));
  }

  @Test
  void showsALetterWholly() throws Exception {
    write("a", new IllegalStateException("first"));
    write("{\"text\": \"ü\",\n\t\"color\": \"\u001b[31m\"}", new IllegalStateException("no room"));

    Result result = run("show", letters.toString(), "2");

    assertThat(result.status).isZero();
    List<String> lines = result.out.lines().toList();
    assertThat(lines.get(0)).matches("letter {6}2, at \\d{17}:\\d+");
    assertThat(lines.get(1)).matches("time {8}" + TIME);
    assertThat(lines.subList(2, 8))
        .containsExactly(
            "attempts    3",
            "position    at 7",
            "checkpoint  8",
            "error       java.lang.IllegalStateException",
            "",
            "java.lang.IllegalStateException: no room");
    assertThat(lines.get(8)).startsWith("    at dev.perennial.cli.deadletter.");
    assertThat(lines.subList(lines.size() - 3, lines.size()))
        .containsExactly("", "{\"text\": \"ü\",", "    \"color\": \"\\u001b[31m\"}");
    Matcher place = Pattern.compile("\\d{17}:\\d+").matcher(lines.get(0));
    assertThat(place.find()).isTrue();
    assertThat(run("show", letters.toString(), place.group())).isEqualTo(result);
  }

  @Test
  void showsTheEventExactly() throws Exception {
    String event = "{\"text\": \"ü\",\r\n\t\u001b}";
    write(event, new IllegalStateException());
    assertThat(run("show", letters.toString(), "1", "--event")).isEqualTo(new Result(0, event, ""));
  }

  @Test
  void showsALineThatIsNoLetter() throws Exception {
    write("a", new IllegalStateException());
    breakLine();

    Result result = run("show", letters.toString(), "2");

    assertThat(result.status).isZero();
    assertThat(result.out)
        .contains("problem     Cannot read a line as a dead letter: it is not JSON")
        .endsWith("\nhello\n");
  }

  @Test
  void saysIfALetterDoesNotExist() throws Exception {
    write("a", new IllegalStateException());
    assertThat(run("show", letters.toString(), "2"))
        .isEqualTo(
            new Result(
                1,
                "",
                "perennial: There is no dead letter \"2\" in %s, which has 1. List them with perennial deadletter list.\n"
                    .formatted(letters)));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void retriesFromTheOldestLetterUntilOneFailsAndResumesWithIt() throws Exception {
    for (String event : List.of("one", "two\n", "three")) {
      write(event, new IllegalStateException("no room"));
    }
    Path handled = folder.resolve("handled");
    Path broken = Files.createFile(folder.resolve("broken"));
    String[] retry = {
      "retry",
      letters.toString(),
      "--",
      "sh",
      "-c",
      "event=$(cat); [ \"$event\" != two ] || [ ! -e \"$1\" ] || exit 7;"
          + " echo \"$event $PERENNIAL_LETTER_POSITION $PERENNIAL_LETTER_ATTEMPTS"
          + " $PERENNIAL_LETTER_ERROR_CLASS $PERENNIAL_LETTER_ERROR_MESSAGE\" >>\"$2\"",
      "sh",
      broken.toString(),
      handled.toString()
    };

    for (int i = 0; i < 2; i++) {
      Result failed = run(retry);
      assertThat(failed.status).isEqualTo(1);
      assertThat(failed.out).isEqualTo(i == 0 ? "retried 1 letter\n" : "retried 0 letters\n");
      assertThat(failed.err)
          .matches(
              "perennial: Cannot retry dead letter \\d{17}:\\d+ in \\Q"
                  + letters
                  + "\\E: the command ended with status 7\\. Look at it with perennial deadletter show;"
                  + " the next retry begins with it\\.\n");
    }
    Files.delete(broken);
    assertThat(run(retry)).isEqualTo(new Result(0, "retried 2 letters\n", ""));
    assertThat(run(retry)).isEqualTo(new Result(0, "retried 0 letters\n", ""));
    write("four", new IllegalStateException("no room"));
    assertThat(run(retry)).isEqualTo(new Result(0, "retried 1 letter\n", ""));

    String facts = " at 7 3 java.lang.IllegalStateException no room";
    assertThat(handled)
        .hasContent(
            Stream.of("one", "two", "three", "four")
                .map(event -> event + facts + "\n")
                .reduce("", String::concat));
    assertThat(letters.resolve("checkpoints")).isDirectory();
    assertThat(run("list", letters.toString()).out).hasLineCount(4);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void keepsTheCheckpointElsewhereIfAsked() throws Exception {
    write("one", new IllegalStateException());
    Path checkpoints = folder.resolve("elsewhere");
    String[] retry = {
      "retry", letters.toString(), "--checkpoints", checkpoints.toString(), "--", "true"
    };
    assertThat(run(retry).out).isEqualTo("retried 1 letter\n");
    assertThat(run(retry).out).isEqualTo("retried 0 letters\n");
    assertThat(checkpoints).isDirectory();
    assertThat(letters.resolve("checkpoints")).doesNotExist();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void acceptsACommandThatDoesNotReadAMegabyteOfEvent() throws Exception {
    write("x".repeat(5_000_000), new IllegalStateException());
    assertThat(run("retry", letters.toString(), "--", "true").out).isEqualTo("retried 1 letter\n");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void skipsLinesThatAreNoLettersAndSaysSo() throws Exception {
    write("one", new IllegalStateException());
    breakLine();
    write("two", new IllegalStateException());

    Result result = run("retry", letters.toString(), "--", "true");

    assertThat(result.status).isZero();
    assertThat(result.out).isEqualTo("retried 2 letters, skipped 1 line\n");
    assertThat(result.err)
        .startsWith("skipped a line that is no dead letter: ")
        .contains("it is not JSON")
        .hasLineCount(1);
  }

  @Test
  void reportsACommandThatCannotBeStarted() throws Exception {
    write("one", new IllegalStateException());
    Result result = run("retry", letters.toString(), "--", folder.resolve("none").toString());
    assertThat(result.status).isEqualTo(1);
    assertThat(result.out).isEqualTo("retried 0 letters\n");
    assertThat(result.err)
        .startsWith("perennial: Cannot retry dead letter ")
        .contains("the command cannot be started (")
        .hasLineCount(1);
  }

  @Test
  void rejectsInvalidArguments() {
    assertThat(run("retry", letters.toString()).err)
        .startsWith("perennial: Missing required parameter")
        .contains("COMMAND");
    assertThat(run("show", letters.toString()).status).isEqualTo(2);
    assertThat(run().err).contains("Missing subcommand. Give list, show or retry.");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void repeatsTheLetterWhoseRetryWasTerminatedAndRefusesASecondRetry() throws Exception {
    write("one", new IllegalStateException());
    write("two", new IllegalStateException());
    Path handled = folder.resolve("handled");
    String script = "event=$(cat); echo \"$event\" >>\"$1\"; [ \"$event\" = one ] || sleep 300";
    try (ChildProcess program =
        ChildProcess.java(
            Perennial.class.getName(),
            Map.of(),
            "deadletter",
            "retry",
            letters.toString(),
            "--",
            "sh",
            "-c",
            script,
            "sh",
            handled.toString())) {
      await()
          .atMost(ChildProcess.DEADLINE)
          .until(() -> Files.exists(handled) && Files.readAllLines(handled).size() == 2);
      Result second = run("retry", letters.toString(), "--", "true");
      assertThat(second.status).isEqualTo(1);
      assertThat(second.err).contains("retry").hasLineCount(1);
      program.terminate();
      program.exitStatus();
    }

    Result result =
        run(
            "retry",
            letters.toString(),
            "--",
            "sh",
            "-c",
            "cat >>\"$1\"",
            "sh",
            handled.toString());

    assertThat(result).isEqualTo(new Result(0, "retried 1 letter\n", ""));
    assertThat(handled).hasContent("one\ntwo\ntwo");
  }

  @Test
  void runsInAProcess() throws Exception {
    write("naïve 水", new IllegalStateException());
    try (ChildProcess program =
        ChildProcess.java(
            Perennial.class.getName(),
            Map.of("LC_ALL", "C"),
            "deadletter",
            "show",
            letters.toString(),
            "1")) {
      assertThat(program.exitStatus()).as(program.toString()).isZero();
      assertThat(program.lines()).last().isEqualTo("naïve 水");
    }
  }

  private void write(String event, Exception error) throws Exception {
    try (DeadLetterFile<String> sink = DeadLetterFile.in(letters, Function.identity())) {
      sink.accept(TestDelivery.of(event).at(new Place()).attempt(3).checkpoint(CHECKPOINT), error);
    }
  }

  /** Adds a line to the newest segment. */
  private void breakLine() throws Exception {
    try (Stream<Path> files = Files.list(letters)) {
      List<Path> segments =
          files.filter(file -> file.toString().endsWith(".jsonl")).sorted().toList();
      Path newest = segments.get(segments.size() - 1);
      Files.writeString(newest, "hello\n", StandardOpenOption.APPEND);
    }
  }

  private record Result(int status, String out, String err) {}

  private static Result run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("deadletter"));
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
}
