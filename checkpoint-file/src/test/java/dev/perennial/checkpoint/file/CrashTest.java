package dev.perennial.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The store in several processes, of which some are killed. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CrashTest {

  private static final String ID = "orders";
  private static final Consumer<CheckpointException> NOTHING = why -> {};

  /** So much that a file written in place would be seen half-written. */
  private static final String FILLER = "x".repeat(100_000);

  @TempDir Path directory;

  private Process child;

  @AfterEach
  void killChild() throws Exception {
    if (child != null) {
      child.destroyForcibly().waitFor();
    }
  }

  @Test
  void leavesAWholeCheckpointWhenTheProcessIsKilledBetweenOrInSaves() throws Exception {
    Random random = new Random(4);
    long least = 0;
    for (int round = 0; round < 6; round++) {
      BufferedReader saved = start("save", String.valueOf(least));
      int reads = 1 + random.nextInt(40);
      for (int i = 0; i < reads; i++) {
        least = number(saved.readLine());
      }
      // Not by the process itself, which would close what we have yet to read.
      child.toHandle().destroyForcibly();
      child.waitFor();
      for (String line = saved.readLine();
          line != null && line.endsWith(".");
          line = saved.readLine()) {
        least = number(line);
      }
      try (CheckpointClaim claim =
          FileCheckpointStore.in(directory).tryClaim(ID, NOTHING).orElseThrow()) {
        Checkpoint checkpoint = claim.load().orElseThrow();
        assertThat(checkpoint.fingerprint()).isEqualTo(FILLER);
        long found = Long.parseLong(checkpoint.position());
        assertThat(found)
            .as("the last that the child told of, or the one after it")
            .isBetween(least, least + 1);
        least = found;
      }
    }
  }

  @Test
  void keepsAClaimAgainstOtherProcessesUntilItIsClosed() throws Exception {
    FileCheckpointStore store = FileCheckpointStore.in(directory);
    CheckpointClaim claim = store.tryClaim(ID, NOTHING).orElseThrow();
    assertThat(start("try").readLine()).isEqualTo("refused.");
    assertThat(store.tryClaim(ID, NOTHING)).isEmpty();
    assertThat(store.admin().orElseThrow().streamIds()).isEmpty();
    assertThat(start("try").readLine())
        .as("after another try in this process, which must not have dropped the lock")
        .isEqualTo("refused.");
    claim.save(new Checkpoint("test", "", "1"));
    assertThat(claim.load()).isPresent();
    assertThat(start("try").readLine()).as("after a save and a load").isEqualTo("refused.");
    claim.close();
    assertThat(start("try").readLine()).isEqualTo("claimed.");
  }

  @Test
  void respectsTheClaimOfAnotherProcessUntilItDies() throws Exception {
    assertThat(start("hold").readLine()).isEqualTo("claimed.");
    FileCheckpointStore store = FileCheckpointStore.in(directory);
    assertThat(store.tryClaim(ID, NOTHING)).isEmpty();
    assertThat(store.tryClaim(ID, NOTHING)).as("and again").isEmpty();
    child.destroyForcibly().waitFor();
    try (CheckpointClaim claim = store.tryClaim(ID, NOTHING).orElseThrow()) {
      claim.save(new Checkpoint("test", "", "1"));
    }
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

  private static long number(String line) {
    assertThat(line).as("what the child says").isNotNull().endsWith(".");
    return Long.parseLong(line.substring(0, line.length() - 1));
  }

  /**
   * The other process. Ends each line with a dot, so that half a line can be told from a whole one.
   */
  static final class Child {

    public static void main(String[] arguments) throws Exception {
      FileCheckpointStore store = FileCheckpointStore.in(Path.of(arguments[0]));
      Optional<CheckpointClaim> claim = store.tryClaim(ID, NOTHING);
      switch (arguments[1]) {
        case "save" -> save(claim.orElseThrow(), Long.parseLong(arguments[2]));
        case "try" -> System.out.println(claim.isPresent() ? "claimed." : "refused.");
        case "hold" -> {
          System.out.println(claim.isPresent() ? "claimed." : "refused.");
          awaitEndOfInput();
        }
        default -> throw new IllegalArgumentException(arguments[1]);
      }
    }

    private static void save(CheckpointClaim claim, long last) throws Exception {
      for (long i = last + 1; i < last + 1_000_000; i++) {
        claim.save(new Checkpoint("test", FILLER, String.valueOf(i)));
        System.out.println(i + ".");
      }
    }

    private static void awaitEndOfInput() throws IOException {
      while (System.in.read() >= 0) {
        // Somebody talks to us, which means nothing.
      }
    }
  }
}
