package dev.perennial.deadletter.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The sink in processes that are killed. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CrashTest {

  /** So much that the process is often killed in the middle of a line. */
  private static final String FILLER = "x".repeat(50_000);

  @TempDir private Path directory;
  private Process child;

  @AfterEach
  void killChild() throws Exception {
    if (child != null) {
      child.destroyForcibly().waitFor();
    }
  }

  @Test
  void keepsEveryAcceptedLetterWhenTheProcessIsKilled() throws Exception {
    Random random = new Random(4);
    List<Integer> accepted = new ArrayList<>();
    int next = 0;
    for (int round = 0; round < 5; round++) {
      BufferedReader out = start("write", String.valueOf(next));
      int reads = 1 + random.nextInt(40);
      for (int i = 0; i < reads; i++) {
        accepted.add(number(out.readLine()));
      }
      // Not by the process itself, which would close what we have yet to read.
      child.toHandle().destroyForcibly();
      child.waitFor();
      for (String line = out.readLine();
          line != null && line.endsWith(".");
          line = out.readLine()) {
        accepted.add(number(line));
      }
      next = accepted.get(accepted.size() - 1) + 1;
      List<Integer> stored = stored();
      assertThat(stored).containsAll(accepted);
      assertThat(stored.size() - accepted.size())
          .as("letters that were written when the child was killed")
          .isBetween(0, round + 1);
    }
  }

  /** The numbers of all letters, each of which is whole. */
  private List<Integer> stored() throws InterruptedException {
    return Letters.all(directory).stream()
        .map(event -> event.letter().rawEvent())
        .map(event -> {
          assertThat(event).endsWith(FILLER);
          return Integer.parseInt(event.substring(0, event.length() - FILLER.length()));
        })
        .toList();
  }

  @Test
  void writesInADirectoryOnlyOnceTheSinkOfAnotherProcessIsGone() throws Exception {
    assertThat(start("hold").readLine()).isEqualTo("open.");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Letters.open(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another DeadLetterFile writes there");
    }
    child.destroyForcibly().waitFor();
    Letters.write(directory, "one");
  }

  @Test
  void keepsItsDirectoryFromOtherProcesses() throws Exception {
    try (DeadLetterFile<String> sink = Letters.open(directory)) {
      assertThat(start("hold").readLine()).isEqualTo("refused.");
      assertThatThrownBy(() -> Letters.open(directory)).isInstanceOf(IOException.class);
      assertThat(start("hold").readLine())
          .as("after another try in this process, which must not have dropped the lock")
          .isEqualTo("refused.");
      Letters.accept(sink, "one");
    }
    assertThat(start("hold").readLine()).isEqualTo("open.");
  }

  private BufferedReader start(String... arguments) throws Exception {
    killChild();
    ProcessBuilder command =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Child.class.getName(),
            directory.toString());
    command.command().addAll(List.of(arguments));
    child = command.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return child.inputReader();
  }

  private static int number(String line) {
    assertThat(line).as("what the child says").isNotNull().endsWith(".");
    return Integer.parseInt(line.substring(0, line.length() - 1));
  }

  /**
   * The other process. Ends each line with a dot, so that half a line can be told from a whole one.
   */
  static final class Child {

    public static void main(String[] arguments) throws Exception {
      DeadLetterFile<String> sink;
      try {
        sink =
            DeadLetterFile.builder(Path.of(arguments[0]), Function.<String>identity())
                .maxFileSize(400_000)
                .open();
      } catch (IOException e) {
        System.out.println("refused.");
        return;
      }
      if (arguments[1].equals("write")) {
        for (int i = Integer.parseInt(arguments[2]); true; i++) {
          Letters.accept(sink, i + FILLER);
          System.out.println(i + ".");
        }
      }
      System.out.println("open.");
      while (System.in.read() >= 0) {
        // Somebody talks to us, which means nothing.
      }
    }
  }
}
