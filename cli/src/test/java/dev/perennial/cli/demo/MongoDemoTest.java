package dev.perennial.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.cli.Perennial;
import dev.perennial.cli.Program;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The demo on a scripted replica set as a process, which has others below it. */
class MongoDemoTest {

  @Test
  void losesNothingWhateverGoesWrong() throws Exception {
    try (Program demo = perennial("demo", "mongo", "--events", "3000", "--seed", "7")) {
      assertThat(demo.exitStatus()).as(demo.toString()).isZero();
      assertThat(demo.out()).containsPattern("lost: 0 of 3,[0-9]+ events");
      for (MongoDemoFault fault : MongoDemoFault.values()) {
        assertThat(demo.out()).contains(fault.announcement());
      }
      assertThat(demo.out())
          .as("tells what came of it")
          .contains("connected again", "the stream goes on behind the drop")
          .containsPattern("process \\d+ is dead")
          .containsPattern("the standby took over, [0-9,]+ ms later")
          .containsPattern("invalidates +1 ")
          .contains("in the oplog", "handled again", "Next: ");
      assertThat(demo.out()).as("plain, for it goes to a pipe").doesNotContain("\r", "\u001b");
      assertThat(demo.err()).isEmpty();
    }
  }

  @Test
  void exitsWithOneIfTheApplicationMissedEvents() throws Exception {
    try (Program demo =
        Program.java(ForgetfulMongoDemo.class.getName(), Map.of(), "--events", "1000")) {
      assertThat(demo.exitStatus()).as(demo.toString()).isEqualTo(1);
      assertThat(demo.out()).containsPattern("lost: [1-9][0-9]* of 1,[0-9]+ events");
    }
  }

  @Test
  void refusesNumbersThatMakeNoSense() throws Exception {
    try (Program demo = perennial("demo", "mongo", "--events", "1")) {
      assertThat(demo.exitStatus()).isEqualTo(2);
      assertThat(demo.err()).contains("--events takes 1000 to 1000000, but got 1");
    }
  }

  private static Program perennial(String... arguments) throws Exception {
    return Program.java(Perennial.class.getName(), Map.of(), arguments);
  }
}
