package dev.perennial.checkpoint.file;

import dev.perennial.checkpoint.file.internal.CheckpointDirectory;
import dev.perennial.checkpoint.file.internal.FileCheckpointAdmin;
import dev.perennial.checkpoint.file.internal.FileOperations;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A checkpoint store in a directory of a local file system, with one file for each stream id.
 *
 * <p>A save writes the checkpoint to a temporary file, makes it durable, and replaces the last file
 * atomically: after any crash the file has the last checkpoint or the new one, complete. A damaged
 * file is an error with reason {@link CheckpointException.Reason#CORRUPT CORRUPT} that names it;
 * the store never treats it as a missing checkpoint.
 *
 * <p>A claim is a lock on a separate file. It excludes other streams in this process and in others,
 * and ends with the process, however that ends; the file stays. If the lock file or the directory
 * is deleted while the claim is held, the next {@code save} or {@code load} fails with {@link
 * CheckpointException.Reason#CLAIM_LOST CLAIM_LOST}. Network file systems do not guarantee this:
 * use a local file system.
 *
 * <p>The first claim or {@code put} creates the directory and its missing parents. Once this object
 * has seen the directory, it does not create it again: its absence is then an error. The store does
 * not touch other files in it.
 *
 * <p>Safe for use from any thread. A call that is interrupted fails with an error with reason
 * {@link CheckpointException.Reason#UNAVAILABLE UNAVAILABLE}, and the claim stays held.
 */
public final class FileCheckpointStore implements CheckpointStore {

  private final CheckpointDirectory directory;

  FileCheckpointStore(Path directory, FileOperations disk) {
    this.directory = new CheckpointDirectory(directory, disk);
  }

  /** Makes a store in a directory, which it does not touch before the first call. */
  public static FileCheckpointStore in(Path directory) {
    return new FileCheckpointStore(
        Objects.requireNonNull(directory, "directory"), FileOperations.REAL);
  }

  /**
   * Tries once to claim a stream's checkpoint, without waiting for its owner.
   *
   * @param lost never called: if the lock file is gone, the next call of the claim throws
   * @return the claim, or empty if another stream holds it, in this process or another
   * @throws CheckpointException with reason {@link CheckpointException.Reason#UNAVAILABLE
   *     UNAVAILABLE} if the directory cannot be used
   * @throws IllegalArgumentException if the id is empty, or longer than 244 characters as a file
   *     name, in which a character other than ASCII lower-case letters, digits, {@code -} and
   *     {@code _} takes three, or six beyond ASCII
   */
  @Override
  public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    return directory.createAndClaim(streamId).map(claim -> claim);
  }

  /**
   * Returns the administration of the checkpoints in the directory. {@code put} and {@code delete}
   * hold the claim for a moment; a stream that tries to claim meanwhile waits and tries again.
   */
  @Override
  public Optional<CheckpointAdmin> admin() {
    return Optional.of(new FileCheckpointAdmin(directory));
  }

  @Override
  public String toString() {
    return "FileCheckpointStore[" + directory + "]";
  }
}
