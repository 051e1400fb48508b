package dev.perennial.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perennial.checkpoint.file.Claims.Claim;
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

class ClaimsTest {

  private static final String NAME = "orders.lock";

  @TempDir Path directory;

  @Test
  void doesNotTakeTheLockOfAFileThatWasReplacedForAClaim() throws Exception {
    Replacing files = new Replacing(1);
    Claim claim = Claims.tryClaim(directory, NAME, files).orElseThrow();

    assertThat(files.opened).as("the first was of the file that is gone").isEqualTo(2);
    assertThat(claim.holds()).isTrue();
    assertThat(Claims.tryClaim(directory, NAME)).isEmpty();
    claim.release();
    Claims.tryClaim(directory, NAME).orElseThrow().release();
  }

  @Test
  void givesUpOnAFileThatIsReplacedAllTheTime() throws Exception {
    Replacing files = new Replacing(Integer.MAX_VALUE);
    assertThatThrownBy(() -> Claims.tryClaim(directory, NAME, files))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("again and again");
    assertThat(files.opened).isEqualTo(19);
    assertThat(files.channels).as("handles").noneMatch(FileChannel::isOpen);
    Claims.tryClaim(directory, NAME).orElseThrow().release();
  }

  @Test
  void opensNoHandleOfAFileThatThisProcessHasClaimed() throws Exception {
    Claim claim = Claims.tryClaim(directory, NAME).orElseThrow();
    Replacing untouched = new Replacing(0);
    assertThat(Claims.tryClaim(directory, NAME, untouched)).isEmpty();
    assertThat(untouched.opened).as("closing one would drop the lock").isZero();
    claim.release();
  }

  @Test
  void aDiskThatHangsHoldsUpNoClaimButItsOwn() throws Exception {
    Hanging files = new Hanging();
    Claim claim = Claims.tryClaim(directory, NAME, files).orElseThrow();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      files.hangs = true;
      Future<Optional<Claim>> hung = threads.submit(() -> Claims.tryClaim(directory, NAME));
      assertThat(files.reached.await(30, TimeUnit.SECONDS)).isTrue();

      Future<Claim> other =
          threads.submit(() -> Claims.tryClaim(directory, "other.lock").orElseThrow());
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

  /** Of two that find the claim of a deleted file, one gets the new file. */
  @Test
  void aStaleClaimIsReplacedOnce() throws Exception {
    Hanging files = new Hanging();
    Claim stale = Claims.tryClaim(directory, NAME, files).orElseThrow();
    Files.delete(directory.resolve(NAME));
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      files.hangs = true;
      Replacing untouched = new Replacing(0);
      Future<Optional<Claim>> slow =
          threads.submit(() -> Claims.tryClaim(directory, NAME, untouched));
      assertThat(files.reached.await(30, TimeUnit.SECONDS)).isTrue();
      files.hangs = false;
      Claim quick = Claims.tryClaim(directory, NAME).orElseThrow();
      files.release.countDown();

      assertThat(slow.get(30, TimeUnit.SECONDS)).isEmpty();
      assertThat(untouched.opened).as("a handle of the file that is claimed anew").isZero();
      assertThat(quick.holds()).isTrue();
      stale.release();
      assertThat(Claims.tryClaim(directory, NAME)).as("after the stale one was closed").isEmpty();
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
      assertThat(Claims.tryClaim(directory, NAME, files)).isEmpty();
      assertThat(Claims.tryClaim(directory, NAME, files)).isEmpty();
      assertThat(files.channels).as("opened once").hasSize(1).allMatch(FileChannel::isOpen);
      assertThat(other.isOpen()).isTrue();
    }
    Claim claim = Claims.tryClaim(directory, NAME, files).orElseThrow();
    assertThat(files.channels).as("the same is used").hasSize(1);
    claim.release();
    assertThat(files.channels).noneMatch(FileChannel::isOpen);
  }

  @Test
  void takesTheFileThatReplacedOneThatAnotherInThisProcessHasLocked() throws Exception {
    Replacing files = new Replacing(1);
    try (FileChannel other = lockedByAnother()) {
      Claim claim = Claims.tryClaim(directory, NAME, files).orElseThrow();
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

  private static class Real implements LockFiles {

    @Override
    public Object identity(Path file) throws IOException {
      return LockFiles.REAL.identity(file);
    }

    @Override
    public void create(Path file) throws IOException {
      LockFiles.REAL.create(file);
    }

    @Override
    public FileChannel open(Path file) throws IOException {
      return LockFiles.REAL.open(file);
    }
  }
}
