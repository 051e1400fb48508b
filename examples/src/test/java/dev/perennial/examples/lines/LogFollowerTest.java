package dev.perennial.examples.lines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.perennial.cli.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the follower, a process, and starts it again. */
class LogFollowerTest {

  @TempDir private Path folder;

  @Test
  void losesNoLineWhenItIsKilled() throws Exception {
    int printed;
    write(0, 500);
    try (ChildProcess follower = follow()) {
      follower.awaitLines(500);
      write(500, 1_000);
      follower.awaitLines(501);
      follower.kill();
      follower.exitStatus();
      printed = follower.lines().size();
      assertThat(follower.lines()).isEqualTo(lines(0, printed));
    }
    write(1_000, 1_100);
    try (ChildProcess follower = follow()) {
      int first = 1_100 - awaitLast(follower);
      assertThat(first).as("resumes at or before the next line").isBetween(0, printed);
      assertThat(follower.lines()).isEqualTo(lines(first, 1_100));
    }
  }

  /** Waits for the last line, and returns the number of lines printed. */
  private static int awaitLast(ChildProcess follower) {
    await()
        .atMost(ChildProcess.DEADLINE)
        .until(() -> follower.lines().contains("Line[text=line 1099]"));
    return follower.lines().size();
  }

  private static List<String> lines(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "Line[text=line " + i + "]").toList();
  }

  private void write(int from, int to) throws IOException {
    Files.write(
        folder.resolve("app.log"),
        IntStream.range(from, to).mapToObj(i -> "line " + i).toList(),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private ChildProcess follow() throws IOException {
    return ChildProcess.java(
        LogFollower.class.getName(),
        Map.of(),
        folder.resolve("app.log").toString(),
        folder.resolve("checkpoints").toString());
  }
}
