package dev.perennial.checkpoint.file.internal;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointSlot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A claimed checkpoint. The lock file is not touched here, because closing a handle of it would
 * drop the lock.
 */
public final class FileClaim implements CheckpointSlot {

  private static final String NOTHING_SAVED = " Nothing was saved.";

  private final String streamId;
  private final Path file;
  private final TemporaryFiles temporary;
  private final LockRegistry.HeldLock claim;
  private final FileOperations disk;
  private boolean closed;

  public FileClaim(
      String streamId,
      Path file,
      TemporaryFiles temporary,
      LockRegistry.HeldLock claim,
      FileOperations disk) {
    this.streamId = streamId;
    this.file = file;
    this.temporary = temporary;
    this.claim = claim;
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
      throw failure("cannot be loaded from", e, "");
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
        // If this fails, nobody can tell whether it was done.
        state = " The last checkpoint or this one is there, whole.";
        disk.replace(written, file);
        state = " This checkpoint is in place, though a loss of power may bring the last one back.";
        disk.syncDirectory(directory());
      } catch (IOException | CheckpointException e) {
        delete(written, e);
        throw e;
      }
    } catch (IOException e) {
      throw failure("cannot be saved to", e, state);
    }
  }

  /** Deletes the checkpoint; true if there was one. */
  public boolean delete() throws CheckpointException {
    try {
      requireClaim(" Nothing was deleted.");
      boolean existed = Files.deleteIfExists(file);
      disk.syncDirectory(directory());
      return existed;
    } catch (IOException e) {
      throw failure("cannot be deleted from", e, "");
    }
  }

  @Override
  public void close() throws CheckpointException {
    closed = true;
    try {
      claim.release();
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "The claim of the stream \"%s\" on %s could not be given up in order: %s"
              .formatted(streamId, file, e),
          e);
    }
  }

  @Override
  public String toString() {
    return "FileSlot[" + streamId + ", " + file + "]";
  }

  private void requireClaim(String state) throws IOException, CheckpointException {
    if (!hasClaim()) {
      throw claimLost(state, null);
    }
  }

  private boolean hasClaim() throws IOException {
    return !closed && claim.holds();
  }

  private CheckpointException claimLost(String state, @Nullable Throwable cause) {
    String why =
        closed
            ? "was given up before."
            : "is lost: its lock file was deleted or replaced, so that another stream may have claimed the checkpoint.";
    return CheckpointException.claimLost(
        "The claim of the stream \"%s\" on %s %s%s".formatted(streamId, file, why, state), cause);
  }

  /** On a full disk a half-written file would keep everybody from writing. */
  private static void delete(Path written, Exception cause) {
    try {
      Files.deleteIfExists(written);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private CheckpointException failure(String what, IOException cause, String state) {
    try {
      if (!hasClaim()) {
        return claimLost(state, cause);
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return CheckpointException.unavailable(
        "The checkpoint of the stream \"%s\" %s %s: %s.%s"
            .formatted(streamId, what, file, cause, state),
        cause);
  }

  private Path directory() {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalStateException(file + " is absolute, and yet in no directory.");
    }
    return parent;
  }
}
