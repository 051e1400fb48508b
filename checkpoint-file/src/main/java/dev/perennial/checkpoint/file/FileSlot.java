package dev.perennial.checkpoint.file;

import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointSlot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A claimed checkpoint. The lock file is not touched here, because closing a handle of it would
 * drop the lock.
 */
final class FileSlot implements CheckpointSlot {

  private final String streamId;
  private final Path file;
  private final Path temporary;
  private final Claims.Claim claim;
  private final Disk disk;
  private final Runnable lost;
  private boolean lostTold;
  private boolean closed;

  FileSlot(
      String streamId, Path file, Path temporary, Claims.Claim claim, Disk disk, Runnable lost) {
    this.streamId = streamId;
    this.file = file;
    this.temporary = temporary;
    this.claim = claim;
    this.disk = disk;
    this.lost = lost;
  }

  @Override
  public Optional<Checkpoint> load() throws CheckpointException {
    byte[] bytes;
    try {
      requireClaim();
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(FileFormat.MAX_BYTES + 1);
      } catch (NoSuchFileException e) {
        requireClaim();
        return Optional.empty();
      }
    } catch (IOException e) {
      throw failure("cannot be loaded from", e, "");
    }
    if (bytes.length > FileFormat.MAX_BYTES) {
      throw FileFormat.corrupt(
          file, "has more than %,d bytes".formatted(FileFormat.MAX_BYTES), null);
    }
    return Optional.of(FileFormat.decode(bytes, file));
  }

  @Override
  public void save(Checkpoint checkpoint) throws CheckpointException {
    byte[] bytes = FileFormat.encode(checkpoint);
    try {
      requireClaim();
      disk.write(temporary, bytes);
      requireClaim();
      disk.replace(temporary, file);
      disk.syncDirectory(directory());
    } catch (IOException e) {
      deleteTemporary(e);
      throw failure("cannot be saved to", e, " The last checkpoint or this one is there, whole.");
    }
  }

  /** Deletes the checkpoint; true if there was one. */
  boolean delete() throws CheckpointException {
    try {
      requireClaim();
      Files.deleteIfExists(temporary);
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

  private void requireClaim() throws IOException, CheckpointException {
    if (closed) {
      throw CheckpointException.claimLost(
          "The claim of the stream \"%s\" on %s was given up before.".formatted(streamId, file),
          null);
    }
    if (claim.holds()) {
      return;
    }
    if (!lostTold) {
      lostTold = true;
      lost.run();
    }
    throw CheckpointException.claimLost(
        ("The claim of the stream \"%s\" on %s is lost: its lock file was deleted or replaced, so that another stream may"
                + " have claimed the checkpoint. Nothing was saved.")
            .formatted(streamId, file),
        null);
  }

  /** On a full disk a half-written file would keep everybody from writing. */
  private void deleteTemporary(IOException cause) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private CheckpointException failure(String what, IOException cause, String state)
      throws CheckpointException {
    try {
      requireClaim();
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
