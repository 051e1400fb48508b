package dev.perennial.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perennial.checkpoint.file.internal.FileOperations;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCheckpointStoreTest {

  private static final Checkpoint ONE = new Checkpoint("test", "", "1");
  private static final Checkpoint TWO = new Checkpoint("test", "f", "2\n\\");
  private static final Consumer<CheckpointException> NOTHING = why -> {};

  @TempDir Path temporary;

  private Path directory;
  private FileCheckpointStore store;

  @BeforeEach
  void open() {
    directory = temporary.resolve("a/b");
    store = FileCheckpointStore.in(directory);
  }

  // Saving and loading

  @Test
  void loadsWhatWasSavedLastAlsoAfterAnewClaim() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).isEmpty();
      claim.save(ONE);
      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
    }
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).contains(TWO);
    }
  }

  @Test
  void keepsTheStreamsApartWhateverTheirIdsAre() throws Exception {
    List<String> ids =
        List.of(
            "a",
            "A",
            "a/b",
            "../a",
            "a.b",
            "a\u0000b",
            "ü",
            "u\u0308",
            "İ",
            "con",
            " ",
            "%41",
            "\ud800");
    List<CheckpointClaim> claims = new ArrayList<>();
    for (String id : ids) {
      CheckpointClaim claim = claim(id);
      claims.add(claim);
      claim.save(new Checkpoint("test", "", String.valueOf(ids.indexOf(id))));
    }
    for (int i = 0; i < ids.size(); i++) {
      assertThat(claims.get(i).load()).contains(new Checkpoint("test", "", String.valueOf(i)));
      claims.get(i).close();
    }
    assertThat(admin(store).streamIds()).containsExactlyElementsOf(ids.stream().sorted().toList());
    assertThat(files(temporary)).allMatch(file -> file.startsWith(directory));
  }

  @Test
  void refusesIdsThatHaveNoFileName() throws Exception {
    assertThatThrownBy(() -> store.tryClaim("", NOTHING))
        .isInstanceOf(IllegalArgumentException.class);
    claim("x".repeat(244)).close();
    assertThatThrownBy(() -> store.tryClaim("x".repeat(245), NOTHING))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("245")
        .hasMessageContaining("244");
    assertThatThrownBy(() -> store.tryClaim("ü".repeat(41), NOTHING))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("246");
    assertThatThrownBy(() -> admin(store).delete("x".repeat(245)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void touchesTheDirectoryNoSoonerThanItMust() throws Exception {
    assertThat(admin(store).streamIds()).isEmpty();
    assertThat(admin(store).delete("orders")).isFalse();
    assertThat(directory).doesNotExist();
    claim("orders").close();
    assertThat(directory).isDirectory();
  }

  @Test
  void reusesWhatACrashLeftBehind() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);
    }
    Files.writeString(directory.resolve("orders.0a1b2c.tmp"), "half a check" + "x".repeat(5_000));
    Files.writeString(directory.resolve("orders-2.0a1b2c.tmp"), "of another stream");
    Files.writeString(directory.resolve("orders.mine.tmp"), "of somebody else");
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
    }
    assertThat(files(directory))
        .extracting(Path::getFileName)
        .extracting(Path::toString)
        .containsExactly(
            "orders-2.0a1b2c.tmp", "orders.checkpoint", "orders.lock", "orders.mine.tmp");
  }

  @Test
  void doesNotTakeABrokenFileForNone() throws Exception {
    for (String content :
        List.of("", "hello", "perennial-checkpoint 9 00000000\nx\n", "perennial-checkpoint 1 0")) {
      try (CheckpointClaim claim = claim("orders")) {
        Files.writeString(directory.resolve("orders.checkpoint"), content);
        CheckpointException failure = failure(claim::load);
        assertThat(failure.reason()).isEqualTo(Reason.CORRUPT);
        assertThat(failure).hasMessageContaining(directory.resolve("orders.checkpoint").toString());
      }
    }
  }

  @Test
  void showsWhatWasSavedWithoutAClaim() throws Exception {
    assertThat(admin(store).load("orders")).as("is not a directory").isEmpty();
    assertThat(directory).as("looking makes nothing").doesNotExist();
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(admin(store).load("orders")).as("nothing saved").isEmpty();
      claim.save(ONE);
      claim.save(TWO);
      assertThat(admin(store).load("orders")).contains(TWO);
      assertThat(admin(FileCheckpointStore.in(directory)).load("orders")).contains(TWO);
      assertThat(store.tryClaim("orders", NOTHING)).as("the claim is still held").isEmpty();
    }
    assertThat(admin(store).load("payments")).isEmpty();
    Files.writeString(directory.resolve("orders.checkpoint"), "garbage");
    CheckpointException corrupt = failure(() -> admin(store).load("orders"));
    assertThat(corrupt.reason()).isEqualTo(Reason.CORRUPT);
    assertThat(corrupt).hasMessageContaining("orders.checkpoint");
    deleteAll(directory);
    assertThat(failure(() -> admin(store).load("orders")).reason()).isEqualTo(Reason.UNAVAILABLE);
  }

  @Test
  void doesNotReadAFileOfAnySizeIntoMemory() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      try (var file = new RandomAccessFile(directory.resolve("orders.checkpoint").toFile(), "rw")) {
        file.setLength(1L << 36);
      }
      CheckpointException failure = failure(claim::load);
      assertThat(failure.reason()).isEqualTo(Reason.CORRUPT);
      assertThat(failure).hasMessageContaining("16,777,216");
    }
  }

  // Claims

  @Test
  void letsOneClaimAtATime() throws Exception {
    CheckpointClaim claim = claim("orders");
    assertThat(store.tryClaim("orders", NOTHING)).isEmpty();
    claim("other").close();
    claim.close();
    claim.close();
    claim("orders").close();
  }

  @Test
  void doesNotGiveUpAnothersClaimByClosingTwice() throws Exception {
    CheckpointClaim first = claim("orders");
    first.close();
    try (CheckpointClaim second = claim("orders")) {
      first.close();
      assertThat(store.tryClaim("orders", NOTHING)).isEmpty();
      second.save(ONE);
      CheckpointException failure = failure(() -> save(first));
      assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
      assertThat(failure(first::load).reason()).isEqualTo(Reason.CLAIM_LOST);
    }
  }

  @Test
  void knowsItsDirectoryByAnyPath() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      Path link = temporary.resolve("link");
      assumeTrue(canLink(link, directory), "no symbolic links here");
      Path around = directory.resolve("../../a/b");
      assertThat(FileCheckpointStore.in(link).tryClaim("orders", NOTHING)).isEmpty();
      assertThat(FileCheckpointStore.in(around).tryClaim("orders", NOTHING)).isEmpty();
      claim.save(ONE);
    }
  }

  @Test
  void letsOneOfManyThreadsClaim() throws Exception {
    int threads = 8;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CyclicBarrier start = new CyclicBarrier(threads);
      AtomicInteger holders = new AtomicInteger();
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(
            pool.submit(() -> {
              start.await();
              FileCheckpointStore own = FileCheckpointStore.in(directory);
              int claims = 0;
              for (int round = 0; round < 200; round++) {
                Optional<CheckpointClaim> claim = own.tryClaim("orders", NOTHING);
                if (claim.isPresent()) {
                  assertThat(holders.incrementAndGet()).isEqualTo(1);
                  claims++;
                  assertThat(holders.decrementAndGet()).isZero();
                  claim.get().close();
                }
              }
              return claims;
            }));
      }
      int claims = 0;
      for (Future<Integer> one : all) {
        claims += one.get(60, TimeUnit.SECONDS);
      }
      assertThat(claims).isPositive();
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void keepsTheClaimOfAThreadThatIsInterrupted() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);
      Thread.currentThread().interrupt();
      CheckpointException failure = failure(() -> save(claim));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(claim.load()).contains(ONE);
      claim.save(TWO);
      assertThat(claim.load()).contains(TWO);
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void leavesNoClaimBehindAnInterruptedTry() throws Exception {
    Thread.currentThread().interrupt();
    try {
      Optional<CheckpointClaim> claim = store.tryClaim("orders", NOTHING);
      claim.orElseThrow().close();
    } catch (CheckpointException e) {
      assertThat(e.reason())
          .as("whether it works depends on the Java version")
          .isEqualTo(Reason.UNAVAILABLE);
    } finally {
      Thread.interrupted();
    }
    claim("orders").close();
  }

  @Test
  void isNotHeldUpByAClaimThatWasLeftBehindInADeletedDirectory() throws Exception {
    for (int i = 0; i < 20; i++) {
      // A new directory often gets the number of the one deleted last.
      claim("orders");
      deleteAll(directory);
      store = FileCheckpointStore.in(directory);
    }
    claim("orders").close();
  }

  // Failures of the directory

  @Test
  void losesTheClaimWithItsDirectoryAndDoesNotMakeItAgain() throws Exception {
    CheckpointClaim claim = claim("orders");
    claim.save(ONE);
    deleteAll(directory);
    CheckpointException failure = failure(() -> save(claim));
    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure(claim::load).reason())
        .as("rather than no checkpoint")
        .isEqualTo(Reason.CLAIM_LOST);
    claim.close();
    assertThat(directory).doesNotExist();

    CheckpointException gone = failure(() -> store.tryClaim("orders", NOTHING));
    assertThat(gone.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(gone).hasMessageContaining(directory + " is gone");
    assertThat(failure(admin(store)::streamIds).reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure(() -> admin(store).delete("orders")).reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(directory).doesNotExist();
  }

  @Test
  void doesNotWriteOverWhatAnotherClaimedAfterTheLockFileWasDeleted() throws Exception {
    CheckpointClaim old = claim("orders");
    old.save(ONE);
    deleteAll(directory);
    FileCheckpointStore another = FileCheckpointStore.in(directory);
    try (CheckpointClaim claim = another.tryClaim("orders", NOTHING).orElseThrow()) {
      claim.save(TWO);
      assertThat(failure(() -> save(old)).reason()).isEqualTo(Reason.CLAIM_LOST);
      old.close();
      assertThat(claim.load()).contains(TWO);
      assertThat(another.tryClaim("orders", NOTHING))
          .as("after the old claim was closed")
          .isEmpty();
    }
  }

  @Test
  void saysThatItsDirectoryIsAFile() throws Exception {
    Files.createDirectories(directory.getParent());
    Files.writeString(directory, "");
    CheckpointException failure = failure(() -> store.tryClaim("orders", NOTHING));
    assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("is not a directory");
  }

  @Test
  void saysThatItsDirectoryCannotBeCreated() throws Exception {
    Path readOnly = Path.of("/sys");
    assumeTrue(Files.isDirectory(readOnly), "no /sys here, which not even root can write to");
    store = FileCheckpointStore.in(readOnly.resolve("perennial"));
    CheckpointException failure = failure(() -> store.tryClaim("orders", NOTHING));
    assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("/sys/perennial cannot be created");
  }

  @Test
  void saysThatItsDirectoryCannotBeWritten() throws Exception {
    Path readOnly = Path.of("/sys");
    assumeTrue(Files.isDirectory(readOnly), "no /sys here, which not even root can write to");
    store = FileCheckpointStore.in(readOnly);
    CheckpointException failure = failure(() -> store.tryClaim("orders", NOTHING));
    assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("with lock file /sys/orders.lock: ");
  }

  /** For root nothing changes. */
  @Test
  void keepsTheLastCheckpointWhenItsDirectoryBecomesReadOnly() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);
      directory.toFile().setWritable(false);
      if (Files.isWritable(directory)) {
        claim.save(TWO);
        assertThat(claim.load()).contains(TWO);
      } else {
        assertThat(failure(() -> save(claim)).reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(failure(() -> store.tryClaim("new", NOTHING)).reason())
            .isEqualTo(Reason.UNAVAILABLE);
        assertThat(claim.load()).contains(ONE);
      }
    } finally {
      directory.toFile().setWritable(true);
    }
  }

  /** A device that is always full, in place of the temporary file. */
  @Test
  void keepsTheLastCheckpointOnAFullDisk() throws Exception {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "no /dev/full here");
    FailingDisk disk =
        new FailingDisk() {
          @Override
          public void write(Path file, byte[] bytes) throws IOException {
            if (failing()) {
              Files.createSymbolicLink(file, full);
              Files.write(file, bytes);
            }
            super.write(file, bytes);
          }
        };
    store = new FileCheckpointStore(directory, disk);
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);
      disk.failAt(0);
      CheckpointException failure = failure(() -> save(claim));
      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(failure)
          .hasMessageContaining("orders.checkpoint")
          .hasRootCauseInstanceOf(IOException.class);
      assertThat(claim.load()).contains(ONE);
      disk.failAt(-1);
      claim.save(TWO);
      assertThat(claim.load()).as("as soon as there is room").contains(TWO);
    }
    assertThat(files(directory)).hasSize(2);
  }

  // Steps that fail

  @Test
  void keepsAWholeCheckpointWhicheverStepOfASaveFails() throws Exception {
    for (int step = 0; step < 3; step++) {
      FailingDisk disk = new FailingDisk();
      FileCheckpointStore failing = new FileCheckpointStore(directory, disk);
      try (CheckpointClaim claim = failing.tryClaim("orders", NOTHING).orElseThrow()) {
        claim.save(ONE);
        disk.failAt(step);
        CheckpointException failure = failure(() -> save(claim));
        assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(failure)
            .hasMessageContaining("No space left on device")
            .hasMessageContaining("orders");
        assertThat(claim.load()).as("failed at step %s", step).contains(step < 2 ? ONE : TWO);
        assertThat(files(directory)).as("no temporary one among them").hasSize(2);
      }
    }
  }

  @Test
  void makesTheFileDurableBeforeItPutsItInPlaceAndTheDirectoryAfter() throws Exception {
    FailingDisk disk = new FailingDisk();
    try (CheckpointClaim claim =
        new FileCheckpointStore(directory, disk).tryClaim("o", NOTHING).orElseThrow()) {
      claim.save(ONE);
    }
    assertThat(disk.steps)
        .containsExactly(
            "sync " + temporary.getFileName(),
            "sync a",
            "write o.tmp",
            "replace o.tmp o.checkpoint",
            "sync b");
  }

  @Test
  void makesADirectoryThatItCreatedDurableBeforeItHandsOutAClaim() throws Exception {
    FailingDisk disk = new FailingDisk();
    FileCheckpointStore failing = new FileCheckpointStore(directory, disk);
    disk.failAt(2);
    CheckpointException failure = failure(() -> failing.tryClaim("o", NOTHING));
    assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failure).hasMessageContaining(directory.toString());
    disk.failAt(-1);
    disk.steps.clear();
    failing.tryClaim("o", NOTHING).orElseThrow().close();
    failing.tryClaim("o", NOTHING).orElseThrow().close();
    assertThat(disk.steps)
        .as("tried again, though the directory is there, and once")
        .containsExactly("sync " + temporary.getFileName(), "sync a");
  }

  @Test
  void makesOnlyWhatFailedDurableAgain() throws Exception {
    FailingDisk disk =
        new FailingDisk() {
          @Override
          public void syncDirectory(Path directory) throws IOException {
            if (directory.endsWith("a") && failing()) {
              fail();
            }
            super.syncDirectory(directory);
          }
        };
    FileCheckpointStore failing = new FileCheckpointStore(directory, disk);
    disk.failAt(3);
    failure(() -> failing.tryClaim("o", NOTHING));
    disk.failAt(-1);
    disk.steps.clear();
    failing.tryClaim("o", NOTHING).orElseThrow().close();
    assertThat(disk.steps).containsExactly("sync a");
  }

  @Test
  void namesItsDirectory() {
    assertThat(store).hasToString("FileCheckpointStore[" + directory + "]");
  }

  /** Somebody who lost the claim in the middle of a save, and does not know it yet. */
  @Test
  void aStaleSaveDoesNotWriteIntoTheFileThatAnotherPutsInPlace() throws Exception {
    FileCheckpointStore another = FileCheckpointStore.in(directory);
    FailingDisk slow =
        new FailingDisk() {
          @Override
          public void write(Path file, byte[] bytes) throws IOException {
            FileOperations.REAL.write(file, Arrays.copyOf(bytes, 1));
            Files.delete(directory.resolve("orders.lock"));
            try (CheckpointClaim claim = another.tryClaim("orders", NOTHING).orElseThrow()) {
              claim.save(TWO);
            } catch (CheckpointException e) {
              throw new AssertionError(e);
            }
            Files.write(file, bytes);
          }
        };
    CheckpointClaim stale =
        new FileCheckpointStore(directory, slow).tryClaim("orders", NOTHING).orElseThrow();

    CheckpointException failure = failure(() -> save(stale, ONE));

    assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
    assertThat(failure).hasMessageContaining("Nothing was saved");
    stale.close();
    try (CheckpointClaim claim = another.tryClaim("orders", NOTHING).orElseThrow()) {
      assertThat(claim.load()).contains(TWO);
    }
    assertThat(files(directory)).as("no temporary one among them").hasSize(2);
  }

  @Test
  void aLossOfTheClaimKeepsTheErrorAndSaysWhatWasDone() throws Exception {
    List<String> said =
        List.of(
            "Nothing was saved",
            "The file has the last checkpoint or",
            "The file has this checkpoint");
    for (int step = 0; step < 3; step++) {
      FailingDisk disk =
          new FailingDisk() {
            @Override
            void fail() throws IOException {
              Files.delete(directory.resolve("orders.lock"));
              super.fail();
            }
          };
      FileCheckpointStore failing = new FileCheckpointStore(directory, disk);
      try (CheckpointClaim claim = failing.tryClaim("orders", NOTHING).orElseThrow()) {
        claim.save(ONE);
        disk.failAt(step);
        CheckpointException failure = failure(() -> save(claim));
        assertThat(failure.reason()).isEqualTo(Reason.CLAIM_LOST);
        assertThat(failure)
            .hasMessageContaining(said.get(step))
            .hasRootCauseMessage("No space left on device");
      }
    }
  }

  // Listing and deleting

  @Test
  void listsTheStreamsThatHaveACheckpoint() throws Exception {
    claim("claimed-only").close();
    for (String id : List.of("b", "Ü/1", "a")) {
      try (CheckpointClaim claim = claim(id)) {
        claim.save(ONE);
      }
    }
    Files.writeString(directory.resolve("Not-Ours.checkpoint"), "");
    Files.writeString(directory.resolve("readme.txt"), "");
    assertThat(admin(store).streamIds()).containsExactly("a", "b", "Ü/1");
  }

  @Test
  void deletesACheckpointThatNobodyHasClaimed() throws Exception {
    try (CheckpointClaim claim = claim("orders")) {
      claim.save(ONE);
      CheckpointException failure = failure(() -> admin(store).delete("orders"));
      assertThat(failure.reason()).isEqualTo(Reason.CLAIMED);
      assertThat(failure)
          .hasMessageContaining("orders")
          .hasMessageContaining("a stream holds its claim");
      assertThat(claim.load()).contains(ONE);
    }
    assertThat(admin(store).delete("orders")).isTrue();
    assertThat(admin(store).delete("orders")).isFalse();
    assertThat(directory.resolve("orders.lock")).exists();
    try (CheckpointClaim claim = claim("orders")) {
      assertThat(claim.load()).isEmpty();
    }
  }

  @Test
  void keepsTheLastCheckpointIfAPutFails() throws Exception {
    for (int step = 0; step < 2; step++) {
      admin(store).put("orders", ONE);
      FailingDisk disk = new FailingDisk();
      FileCheckpointStore failing = new FileCheckpointStore(directory, disk);
      disk.failAt(step);

      CheckpointException failure = failure(() -> put(failing));

      assertThat(failure.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(admin(store).load("orders")).contains(ONE);
      claim("orders").close();
    }
  }

  private static Void put(FileCheckpointStore store) throws CheckpointException {
    admin(store).put("orders", TWO);
    return null;
  }

  @Test
  void deletesABrokenCheckpoint() throws Exception {
    claim("orders").close();
    Files.writeString(directory.resolve("orders.checkpoint"), "hello", StandardCharsets.UTF_8);
    assertThat(admin(store).delete("orders")).isTrue();
    assertThat(admin(store).streamIds()).isEmpty();
  }

  private static CheckpointAdmin admin(FileCheckpointStore store) {
    return store.admin().orElseThrow();
  }

  private CheckpointClaim claim(String id) throws CheckpointException {
    return store.tryClaim(id, NOTHING).orElseThrow();
  }

  private static Void save(CheckpointClaim claim) throws CheckpointException {
    return save(claim, TWO);
  }

  private static Void save(CheckpointClaim claim, Checkpoint checkpoint)
      throws CheckpointException {
    claim.save(checkpoint);
    return null;
  }

  private static CheckpointException failure(Callable<?> call) {
    return catchThrowableOfType(CheckpointException.class, call::call);
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void deleteAll(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static boolean canLink(Path link, Path target) {
    try {
      Files.createSymbolicLink(link, target);
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** The real disk, on which a step can fail: before it is done, and after for the last. */
  private static class FailingDisk implements FileOperations {

    private final List<String> steps = new ArrayList<>();
    private int failing = -1;

    void failAt(int step) {
      failing = step;
    }

    boolean failing() {
      return failing >= 0;
    }

    /** A temporary file's name without what differs from save to save. */
    private static String name(Path file) {
      return file.getFileName().toString().replaceAll("\\.[0-9a-f]{6}\\.tmp", ".tmp");
    }

    @Override
    public void write(Path file, byte[] bytes) throws IOException {
      steps.add("write " + name(file));
      if (failing == 0) {
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        fail();
      }
      FileOperations.REAL.write(file, bytes);
    }

    @Override
    public void replace(Path source, Path target) throws IOException {
      steps.add("replace " + name(source) + " " + name(target));
      if (failing == 1) {
        fail();
      }
      FileOperations.REAL.replace(source, target);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      steps.add("sync " + directory.getFileName());
      if (failing == 2) {
        fail();
      }
      FileOperations.REAL.syncDirectory(directory);
    }

    void fail() throws IOException {
      throw new IOException("No space left on device");
    }
  }
}
