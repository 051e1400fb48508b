package dev.perennial.checkpoint.file.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A claim whose lock and whose disk fail at the step that a test chooses. */
class FileClaimTest {

  private static final Checkpoint ONE = new Checkpoint("test", "", "1");

  @TempDir Path directory;

  private final Lock lock = new Lock();
  private final RecordingDisk disk = new RecordingDisk();
  private FileClaim claim;

  @BeforeEach
  void claim() throws Exception {
    LockRegistry.HeldLock held = LockRegistry.tryLock(directory, "orders.lock", lock).orElseThrow();
    claim = new FileClaim("orders", file(), new TemporaryFiles(directory, "orders"), held, disk);
  }

  @AfterEach
  void close() throws Exception {
    lock.afterwards = () -> {};
    claim.close();
  }

  @Test
  void doesNotTakeAMissingFileForNoCheckpointIfTheClaimWasLostMeanwhile() throws Exception {
    claim.save(ONE);
    lock.afterwards =
        () -> {
          Files.deleteIfExists(file());
          Files.deleteIfExists(lockFile());
        };
    assertLost(failure(() -> claim.load()));
  }

  @Test
  void writesNothingWithoutTheClaim() throws Exception {
    Files.delete(lockFile());

    CheckpointException failure = failure(() -> claim.save(ONE));

    assertLost(failure);
    assertThat(failure).hasMessageContaining("Nothing was saved");
    assertThat(disk.steps).isEmpty();
  }

  @Test
  void deletesNothingWithoutTheClaim() throws Exception {
    claim.save(ONE);
    Files.delete(lockFile());

    CheckpointException failure = failure(() -> claim.delete());

    assertLost(failure);
    assertThat(failure).hasMessageContaining("Nothing was deleted");
    assertThat(file()).exists();
  }

  @Test
  void makesADeletionDurable() throws Exception {
    claim.save(ONE);
    disk.steps.clear();
    assertThat(claim.delete()).isTrue();
    assertThat(disk.steps).containsExactly("sync");
  }

  @Test
  void saysThatADeletionFailed() throws Exception {
    claim.save(ONE);
    disk.fails = "sync";
    CheckpointException failure = failure(() -> claim.delete());
    assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure)
        .hasMessageContaining("Cannot delete checkpoint")
        .hasMessageContaining("orders");
  }

  @Test
  void saysWhetherTheClaimWasLostOrReleased() throws Exception {
    Files.delete(lockFile());
    assertThat(failure(() -> claim.load()))
        .hasMessageContaining("lock file was deleted or replaced");
    claim.close();
    CheckpointException closed = failure(() -> claim.load());
    assertLost(closed);
    assertThat(closed)
        .hasMessageContaining("was released before")
        .hasMessageNotContaining("lock file");
  }

  @Test
  void aClaimThatCannotBeCheckedAfterAFailureIsNotCalledLost() {
    disk.fails = "write";
    disk.onFailure =
        () ->
            lock.afterwards =
                () -> {
                  throw new IOException("the disk hangs");
                };

    CheckpointException failure = failure(() -> claim.save(ONE));

    assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure.getCause())
        .hasMessage("no room")
        .satisfies(cause -> assertThat(cause.getSuppressed()).hasSize(1));
  }

  @Test
  void keepsTheFirstErrorIfWhatWasWrittenCannotBeDeleted() {
    disk.fails = "write";
    disk.onFailure = () -> Files.createFile(Files.createDirectory(disk.written).resolve("x"));

    CheckpointException failure = failure(() -> claim.save(ONE));

    assertThat(failure.getCause())
        .hasMessage("no room")
        .satisfies(cause -> assertThat(cause.getSuppressed()).hasSize(1));
  }

  @Test
  void namesItsStreamAndItsFile() {
    assertThat(claim).hasToString("FileClaim[orders, " + file() + "]");
  }

  private Path file() {
    return directory.resolve("orders.checkpoint");
  }

  private Path lockFile() {
    return directory.resolve("orders.lock");
  }

  private static void assertLost(CheckpointException failure) {
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
  }

  private static CheckpointException failure(ThrowingCallable call) {
    return catchThrowableOfType(CheckpointException.class, call);
  }

  private interface Step {
    void run() throws IOException;
  }

  /** The real lock file, to which something happens each time the claim has been checked. */
  private static final class Lock implements LockFileOperations {

    private Step afterwards = () -> {};

    @Override
    public Object identity(Path file) throws IOException {
      Object identity = LockFileOperations.REAL.identity(file);
      afterwards.run();
      return identity;
    }

    @Override
    public void create(Path file) throws IOException {
      LockFileOperations.REAL.create(file);
    }

    @Override
    public FileChannel open(Path file) throws IOException {
      return LockFileOperations.REAL.open(file);
    }
  }

  /** The real disk, on which one kind of step can fail. */
  private static final class RecordingDisk implements FileOperations {

    private final List<String> steps = new ArrayList<>();
    private String fails = "";
    private Step onFailure = () -> {};
    private Path written = Path.of("none");

    @Override
    public void write(Path file, byte[] bytes) throws IOException {
      written = file;
      step("write");
      FileOperations.REAL.write(file, bytes);
    }

    @Override
    public void replace(Path source, Path target) throws IOException {
      step("replace");
      FileOperations.REAL.replace(source, target);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      step("sync");
      FileOperations.REAL.syncDirectory(directory);
    }

    private void step(String name) throws IOException {
      steps.add(name);
      if (name.equals(fails)) {
        onFailure.run();
        throw new IOException("no room");
      }
    }
  }
}
