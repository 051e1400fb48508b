package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.Perennial;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the Tap demo in a process. */
class TapDemoTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"demo --seed 7", "demo tap --seed 20"})
  void losesNothingDespiteAllFaults(String command) throws Exception {
    try (ChildProcess demo = perennial((command + " --events 5000").split(" "))) {
      assertThat(demo.exitStatus()).as(demo.toString()).isZero();
      assertThat(demo.out()).contains("lost: 0 of 5,004 events").doesNotContain("never acked");
      for (TapDemoFault fault : TapDemoFault.values()) {
        assertThat(demo.out()).contains(fault.announcement());
      }
      assertThat(demo.out())
          .as("shows the effect of each fault")
          .contains("connected again", "delivered as malformed", "crashed with ")
          .contains("dead letter after 3 attempts: Text 'never' could not be parsed")
          .containsPattern("handler failures +[1-9][0-9]* ")
          .containsPattern("dead letters +3 ")
          .contains("reconnects ", "redeliveries dropped", "malformed   ", "Next: ");
      assertThat(demo.out())
          .as("plain text, because stdout is a pipe")
          .doesNotContain("\r", "\u001b");
      assertThat(demo.err()).isEmpty();
    }
  }

  @Test
  void exitsWithOneIfTheConsumerMissedEvents() throws Exception {
    try (ChildProcess demo =
        ChildProcess.java(
            LossyTapDemo.class.getName(), Map.of(), "--events", "1000", "--seed", "7")) {
      assertThat(demo.exitStatus()).as(demo.toString()).isEqualTo(1);
      assertThat(demo.out()).containsPattern("lost: [1-9][0-9]* of 1,004 events");
    }
  }

  @Test
  void keepsItsDeadLettersWhenAsked() throws Exception {
    String directory = folder.resolve("letters").toString();
    String[] arguments = {"demo", "--events", "1000", "--dead-letters", directory};
    try (ChildProcess demo = perennial(arguments)) {
      assertThat(demo.exitStatus()).as(demo.toString()).isZero();
      assertThat(demo.out()).contains("Next: ./perennial deadletter list " + directory);
    }
    try (ChildProcess list = perennial("deadletter", "list", directory)) {
      assertThat(list.exitStatus()).as(list.toString()).isZero();
      assertThat(list.lines())
          .allMatch(line -> line.contains("attempts 3") && line.contains("DateTimeParseException"));
      assertThat(list.out()).contains("'never'", "'soon'", "'later'");
    }
    try (ChildProcess again = perennial(arguments)) {
      assertThat(again.exitStatus()).isEqualTo(1);
      assertThat(again.err())
          .isEqualToIgnoringNewLines(
              "perennial: Cannot keep dead letters in "
                  + directory
                  + ": it is not empty. Name a new directory.");
    }
  }

  @Test
  void rejectsNumbersOutOfRange() throws Exception {
    try (ChildProcess demo = perennial("demo", "--events", "1")) {
      assertThat(demo.exitStatus()).isEqualTo(2);
      assertThat(demo.err()).contains("--events takes 1000 to 2000000, but got 1");
    }
  }

  @Test
  void logsToStderrWhenAsked() throws Exception {
    try (ChildProcess demo = perennial("demo", "--events", "1000", "--verbose")) {
      assertThat(demo.exitStatus()).as(demo.toString()).isZero();
      assertThat(demo.err()).contains("tap: connected");
      assertThat(demo.out()).doesNotContain("tap: connected");
    }
  }

  private static ChildProcess perennial(String... arguments) throws Exception {
    return ChildProcess.java(Perennial.class.getName(), Map.of(), arguments);
  }
}
