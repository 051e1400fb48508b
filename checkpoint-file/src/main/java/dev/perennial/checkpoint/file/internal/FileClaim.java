package dev.perennial.checkpoint.file.internal;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.IoErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The claim of one stream on its checkpoint file. It never opens the lock file, because closing a
 * handle of it would drop the lock.
 */
public final class FileClaim implements CheckpointClaim {

  private static final String NOTHING_SAVED = " Nothing was saved.";

  private final String streamId;
  private final Path file;
  private final TemporaryFiles temporary;
  private final LockRegistry.HeldLock lock;
  private final FileOperations disk;
  private boolean closed;

  public FileClaim(
      String streamId,
      Path file,
      TemporaryFiles temporary,
      LockRegistry.HeldLock lock,
      FileOperations disk) {
    this.streamId = streamId;
    this.file = file;
    this.temporary = temporary;
    this.lock = lock;
    this.disk = disk;
  }

  @Override
  public Optional<Checkpoint> load() throws CheckpointException {
    try {
      requireClaim("");
      Optional<Checkpoint> loaded = FileFormat.read(file);
      if (loaded.isEmpty()) {
        requireClaim("");
      }
      return loaded;
    } catch (IOException e) {
      throw failure("load", e, "");
    }
  }

  @Override
  public void save(Checkpoint checkpoint) throws CheckpointException {
    byte[] bytes = FileFormat.encode(checkpoint);
    Path written = temporary.next();
    String state = NOTHING_SAVED;
    try {
      requireClaim(NOTHING_SAVED);
      try {
        disk.write(written, bytes);
        requireClaim(NOTHING_SAVED);
        // If this fails, it is unknown whether the file was replaced.
        state = " The file has the last checkpoint or this one, complete.";
        disk.replace(written, file);
        state = " The file has this checkpoint, but a loss of power can restore the last one.";
        disk.syncDirectory(directory());
      } catch (IOException | CheckpointException e) {
        delete(written, e);
        throw e;
      }
    } catch (IOException e) {
      throw failure("save", e, state);
    }
  }

  /** Deletes the checkpoint and returns whether there was one. */
  public boolean delete() throws CheckpointException {
    try {
      requireClaim(" Nothing was deleted.");
      boolean existed = Files.deleteIfExists(file);
      disk.syncDirectory(directory());
      return existed;
    } catch (IOException e) {
      throw failure("delete", e, "");
    }
  }

  @Override
  public void close() throws CheckpointException {
    closed = true;
    try {
      lock.release();
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "Cannot release the claim on checkpoint \"%s\" in %s: %s. It ends with this process."
              .formatted(streamId, file, IoErrors.reason(e)),
          e);
    }
  }

  @Override
  public String toString() {
    return "FileClaim[" + streamId + ", " + file + "]";
  }

  private void requireClaim(String state) throws IOException, CheckpointException {
    if (!hasClaim()) {
      throw claimLost(state, null);
    }
  }

  private boolean hasClaim() throws IOException {
    return !closed && lock.holds();
  }

  private CheckpointException claimLost(String state, @Nullable Throwable cause) {
    String message =
        closed
            ? "Cannot use the claim on checkpoint \"%s\" in %s: it was released before.%s"
            : "Lost the claim on checkpoint \"%s\" in %s: its lock file was deleted or replaced, so another stream may"
                + " own the checkpoint.%s";
    return CheckpointException.claimLost(message.formatted(streamId, file, state), cause);
  }

  /** Deletes a temporary file: on a full disk it would prevent every later save. */
  private static void delete(Path written, Exception cause) {
    try {
      Files.deleteIfExists(written);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private CheckpointException failure(String action, IOException cause, String state) {
    try {
      if (!hasClaim()) {
        return claimLost(state, cause);
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return CheckpointException.unavailable(
        "Cannot %s checkpoint \"%s\" in %s: %s.%s"
            .formatted(action, streamId, file, IoErrors.reason(cause), state),
        cause);
  }

  private Path directory() {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalStateException(
          "Cannot find the directory of " + file + ": it has no parent.");
    }
    return parent;
  }
}
