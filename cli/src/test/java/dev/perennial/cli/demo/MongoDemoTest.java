package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.ChildProcess;
import dev.perennial.cli.Perennial;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs the MongoDB demo in a process, which starts others. */
class MongoDemoTest {

  @Test
  void losesNothingDespiteAllFaults() throws Exception {
    try (ChildProcess demo = perennial("demo", "mongo", "--events", "3000", "--seed", "7")) {
      assertThat(demo.exitStatus()).as(demo.toString()).isZero();
      assertThat(demo.out()).containsPattern("lost: 0 of 3,[0-9]+ events");
      for (MongoDemoFault fault : MongoDemoFault.values()) {
        assertThat(demo.out()).contains(fault.announcement());
      }
      assertThat(demo.out())
          .as("shows the effect of each fault")
          .contains("connected again", "the stream reopened after the drop")
          .containsPattern("process \\d+ was killed")
          .containsPattern("the standby took over after [0-9,]+ ms")
          .containsPattern("invalidates +1 ")
          .contains("dead letter after 3 attempts: ")
          .containsPattern("handler failures +[1-9][0-9]* ")
          .containsPattern("dead letters +1 ")
          .contains("in the oplog", "handled again", "Next: ");
      assertThat(demo.out())
          .as("plain text, because stdout is a pipe")
          .doesNotContain("\r", "\u001b");
      assertThat(demo.err()).isEmpty();
    }
  }

  @Test
  void exitsWithOneIfTheConsumerMissedEvents() throws Exception {
    try (ChildProcess demo =
        ChildProcess.java(LossyMongoDemo.class.getName(), Map.of(), "--events", "1000")) {
      assertThat(demo.exitStatus()).as(demo.toString()).isEqualTo(1);
      assertThat(demo.out()).containsPattern("lost: [1-9][0-9]* of 1,[0-9]+ events");
    }
  }

  @Test
  void rejectsNumbersOutOfRange() throws Exception {
    try (ChildProcess demo = perennial("demo", "mongo", "--events", "1")) {
      assertThat(demo.exitStatus()).isEqualTo(2);
      assertThat(demo.err()).contains("--events takes 1000 to 1000000, but got 1");
    }
  }

  private static ChildProcess perennial(String... arguments) throws Exception {
    return ChildProcess.java(Perennial.class.getName(), Map.of(), arguments);
  }
}
