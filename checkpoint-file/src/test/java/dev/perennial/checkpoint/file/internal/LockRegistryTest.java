package dev.perennial.checkpoint.file.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.checkpoint.file.internal.LockRegistry.HeldLock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockRegistryTest {

  private static final String NAME = "orders.lock";

  @TempDir Path directory;

  @Test
  void doesNotTakeTheLockOfAFileThatWasReplacedForAClaim() throws Exception {
    Replacing files = new Replacing(1);
    HeldLock claim = LockRegistry.tryLock(directory, NAME, files).orElseThrow();

    assertThat(files.opened).as("the first was of the file that is gone").isEqualTo(2);
    assertThat(claim.holds()).isTrue();
    assertThat(LockRegistry.tryLock(directory, NAME)).isEmpty();
    claim.release();
    LockRegistry.tryLock(directory, NAME).orElseThrow().release();
  }

  @Test
  void givesUpOnAFileThatIsReplacedAllTheTime() throws Exception {
    Replacing files = new Replacing(Integer.MAX_VALUE);
    assertThatThrownBy(() -> LockRegistry.tryLock(directory, NAME, files))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("again and again");
    assertThat(files.opened).isEqualTo(19);
    assertThat(files.channels).as("handles").noneMatch(FileChannel::isOpen);
    LockRegistry.tryLock(directory, NAME).orElseThrow().release();
  }

  @Test
  void opensNoHandleOfAFileThatThisProcessHasClaimed() throws Exception {
    HeldLock claim = LockRegistry.tryLock(directory, NAME).orElseThrow();
    Replacing untouched = new Replacing(0);
    assertThat(LockRegistry.tryLock(directory, NAME, untouched)).isEmpty();
    assertThat(untouched.opened).as("closing one would drop the lock").isZero();
    claim.release();
  }

  @Test
  void aDiskThatHangsHoldsUpNoClaimButItsOwn() throws Exception {
    Hanging files = new Hanging();
    HeldLock claim = LockRegistry.tryLock(directory, NAME, files).orElseThrow();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      files.hangs = true;
      Future<Optional<HeldLock>> hung = threads.submit(() -> LockRegistry.tryLock(directory, NAME));
      assertThat(files.reached.await(30, TimeUnit.SECONDS)).isTrue();

      Future<HeldLock> other =
          threads.submit(() -> LockRegistry.tryLock(directory, "other.lock").orElseThrow());
      other.get(30, TimeUnit.SECONDS).release();
      assertThat(hung).isNotDone();

      files.release.countDown();
      assertThat(hung.get(30, TimeUnit.SECONDS)).isEmpty();
    } finally {
      files.release.countDown();
      threads.shutdownNow();
      claim.release();
    }
  }

  /** If two processes find that the claimed file was deleted, one of them claims the new file. */
  @Test
  void aStaleClaimIsReplacedOnce() throws Exception {
    Hanging files = new Hanging();
    HeldLock stale = LockRegistry.tryLock(directory, NAME, files).orElseThrow();
    Files.delete(directory.resolve(NAME));
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      files.hangs = true;
      Replacing untouched = new Replacing(0);
      Future<Optional<HeldLock>> slow =
          threads.submit(() -> LockRegistry.tryLock(directory, NAME, untouched));
      assertThat(files.reached.await(30, TimeUnit.SECONDS)).isTrue();
      files.hangs = false;
      HeldLock quick = LockRegistry.tryLock(directory, NAME).orElseThrow();
      files.release.countDown();

      assertThat(slow.get(30, TimeUnit.SECONDS)).isEmpty();
      assertThat(untouched.opened).as("a handle of the file that is claimed anew").isZero();
      assertThat(quick.holds()).isTrue();
      stale.release();
      assertThat(LockRegistry.tryLock(directory, NAME))
          .as("after the stale one was closed")
          .isEmpty();
      quick.release();
    } finally {
      files.release.countDown();
      threads.shutdownNow();
    }
  }

  /** As a copy of the class from another class loader would: closing a handle drops its lock. */
  @Test
  void keepsItsHandleOfAFileThatAnotherInThisProcessHasLocked() throws Exception {
    Replacing files = new Replacing(0);
    try (FileChannel other = lockedByAnother()) {
      assertThat(LockRegistry.tryLock(directory, NAME, files)).isEmpty();
      assertThat(LockRegistry.tryLock(directory, NAME, files)).isEmpty();
      assertThat(files.channels).as("opened once").hasSize(1).allMatch(FileChannel::isOpen);
      assertThat(other.isOpen()).isTrue();
    }
    HeldLock claim = LockRegistry.tryLock(directory, NAME, files).orElseThrow();
    assertThat(files.channels).as("the same is used").hasSize(1);
    claim.release();
    assertThat(files.channels).noneMatch(FileChannel::isOpen);
  }

  @Test
  void takesTheFileThatReplacedOneThatAnotherInThisProcessHasLocked() throws Exception {
    Replacing files = new Replacing(1);
    try (FileChannel other = lockedByAnother()) {
      HeldLock claim = LockRegistry.tryLock(directory, NAME, files).orElseThrow();
      assertThat(claim.holds()).isTrue();
      assertThat(files.channels).as("that of the old file too").allMatch(FileChannel::isOpen);
      assertThat(other.isOpen()).isTrue();
      claim.release();
    }
  }

  private FileChannel lockedByAnother() throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.lock();
    return channel;
  }

  /** Others delete the file and make another, once it is open. */
  private static final class Replacing extends Real {

    private final int times;
    private final List<FileChannel> channels = new ArrayList<>();
    private int opened;

    Replacing(int times) {
      this.times = times;
    }

    @Override
    public FileChannel open(Path file) throws IOException {
      FileChannel channel = super.open(file);
      channels.add(channel);
      if (opened++ < times) {
        Files.delete(file);
        Files.createFile(file);
      }
      return channel;
    }
  }

  private static final class Hanging extends Real {

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private volatile boolean hangs;

    @Override
    public Object identity(Path file) throws IOException {
      if (hangs) {
        reached.countDown();
        try {
          release.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      return super.identity(file);
    }
  }

  private static class Real implements LockFileOperations {

    @Override
    public Object identity(Path file) throws IOException {
      return LockFileOperations.REAL.identity(file);
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
}
