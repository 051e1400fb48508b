package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.Perennial;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the Tap demo in a process. */
class TapDemoTest {

  @ParameterizedTest
  @ValueSource(strings = {"demo --seed 7", "demo tap --seed 20"})
  void losesNothingDespiteAllFaults(String command) throws Exception {
    try (ChildProcess demo = perennial((command + " --events 5000").split(" "))) {
      assertThat(demo.exitStatus()).as(demo.toString()).isZero();
      assertThat(demo.out()).contains("lost: 0 of 5,001 events").doesNotContain("never acked");
      for (TapDemoFault fault : TapDemoFault.values()) {
        assertThat(demo.out()).contains(fault.announcement());
      }
      assertThat(demo.out())
          .as("shows the effect of each fault")
          .contains("connected again", "delivered as malformed", "crashed with ")
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
      assertThat(demo.out()).containsPattern("lost: [1-9][0-9]* of 1,001 events");
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
