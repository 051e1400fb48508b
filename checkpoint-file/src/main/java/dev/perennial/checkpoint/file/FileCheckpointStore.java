package dev.perennial.checkpoint.file;

import dev.perennial.checkpoint.file.internal.FileClaim;
import dev.perennial.checkpoint.file.internal.FileFormat;
import dev.perennial.checkpoint.file.internal.FileNames;
import dev.perennial.checkpoint.file.internal.FileOperations;
import dev.perennial.checkpoint.file.internal.IoErrors;
import dev.perennial.checkpoint.file.internal.LockRegistry;
import dev.perennial.checkpoint.file.internal.TemporaryFiles;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointClaim;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
 * and ends with the process, however that ends; the file stays. If the file or the directory is
 * deleted while it is claimed, the next {@code save} or {@code load} fails with {@link
 * CheckpointException.Reason#CLAIM_LOST CLAIM_LOST}. Locks on network file systems do not guarantee
 * this: use a local one.
 *
 * <p>The first claim creates the directory and its missing parents. Once this object has seen the
 * directory, it does not create it again: its absence is then an error. The store does not touch
 * other files in it.
 *
 * <p>Safe for use from any thread. A call that is interrupted fails with an error with reason
 * {@link CheckpointException.Reason#UNAVAILABLE UNAVAILABLE}, and the claim stays held.
 */
public final class FileCheckpointStore implements CheckpointStore {

  private static final String CHECKPOINT = ".checkpoint";
  private static final String LOCK = ".lock";

  private final Path directory;
  private final FileOperations disk;
  private volatile boolean directorySeen;

  /**
   * The parents of new directories whose entries are not durable yet, from the top down. Guarded by
   * this.
   */
  private final Set<Path> unsynced = new LinkedHashSet<>();

  FileCheckpointStore(Path directory, FileOperations disk) {
    this.directory = directory.toAbsolutePath();
    this.disk = disk;
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
   * @return the claimed claim, or empty if another stream owns it, in this process or another
   * @throws CheckpointException with reason {@link CheckpointException.Reason#UNAVAILABLE
   *     UNAVAILABLE} if the directory cannot be used
   * @throws IllegalArgumentException if the id is empty, or longer than 244 characters as a file
   *     name, in which a character other than ASCII lower-case letters, digits, {@code -} and
   *     {@code _} takes three, or six beyond ASCII
   */
  @Override
  public Optional<CheckpointClaim> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    String name = name(streamId);
    createDirectory(streamId);
    return claim(streamId, name).map(claim -> claim);
  }

  /**
   * Lists the ids of the streams that have a checkpoint, in order.
   *
   * @throws CheckpointException with reason {@link CheckpointException.Reason#UNAVAILABLE
   *     UNAVAILABLE} if the directory cannot be read
   */
  public List<String> streamIds() throws CheckpointException {
    List<String> ids = new ArrayList<>();
    if (!directorySeen && Files.notExists(directory)) {
      return ids;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + CHECKPOINT)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        FileNames.decode(name.substring(0, name.length() - CHECKPOINT.length()))
            .ifPresent(ids::add);
      }
    } catch (IOException | DirectoryIteratorException e) {
      IOException cause =
          e instanceof DirectoryIteratorException wrapped
              ? Objects.requireNonNull(wrapped.getCause())
              : (IOException) e;
      throw CheckpointException.unavailable(
          "Cannot list the checkpoints in %s: %s. Check that the directory exists and can be read."
              .formatted(directory, IoErrors.reason(cause)),
          cause);
    }
    Collections.sort(ids);
    return ids;
  }

  /**
   * Reads a stream's checkpoint. It needs no claim and does not affect the owner.
   *
   * @return the last saved checkpoint, or empty if there is none
   * @throws CheckpointException with reason {@link CheckpointException.Reason#UNAVAILABLE
   *     UNAVAILABLE} if it cannot be read; with reason {@link CheckpointException.Reason#CORRUPT
   *     CORRUPT} if its file is not a checkpoint
   * @throws IllegalArgumentException if the id is empty or too long
   */
  public Optional<Checkpoint> load(String streamId) throws CheckpointException {
    Path file = directory.resolve(name(streamId) + CHECKPOINT);
    try {
      Optional<Checkpoint> loaded = FileFormat.read(file);
      if (loaded.isEmpty() && directorySeen && Files.notExists(directory)) {
        throw new NoSuchFileException(directory.toString());
      }
      return loaded;
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "Cannot load checkpoint \"%s\" from %s: %s. Check that the file can be read."
              .formatted(streamId, file, IoErrors.reason(e)),
          e);
    }
  }

  /**
   * Deletes a stream's checkpoint, so that the stream starts without one.
   *
   * @return whether there was a checkpoint
   * @throws CheckpointException with reason {@link CheckpointException.Reason#UNAVAILABLE
   *     UNAVAILABLE} if it is claimed, or cannot be deleted
   * @throws IllegalArgumentException if the id is empty or too long
   */
  public boolean delete(String streamId) throws CheckpointException {
    String name = name(streamId);
    if (!directorySeen && Files.notExists(directory)) {
      return false;
    }
    Optional<FileClaim> claimed = claim(streamId, name);
    if (claimed.isEmpty()) {
      throw CheckpointException.unavailable(
          "Cannot delete checkpoint \"%s\" in %s: a stream has claimed it. Close that stream first."
              .formatted(streamId, directory),
          null);
    }
    try (FileClaim claim = claimed.get()) {
      return claim.delete();
    }
  }

  @Override
  public String toString() {
    return "FileCheckpointStore[" + directory + "]";
  }

  private Optional<FileClaim> claim(String streamId, String name) throws CheckpointException {
    TemporaryFiles temporary = new TemporaryFiles(directory, name);
    try {
      Optional<LockRegistry.HeldLock> lock = LockRegistry.tryLock(directory, name + LOCK);
      if (lock.isEmpty()) {
        return Optional.empty();
      }
      sweep(temporary);
      Path file = directory.resolve(name + CHECKPOINT);
      return Optional.of(new FileClaim(streamId, file, temporary, lock.get(), disk));
    } catch (NoSuchFileException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\": the directory %s is gone. Restore it, or create it empty to start without checkpoints."
              .formatted(streamId, directory),
          e);
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\" with lock file %s: %s. Check that the file can be written."
              .formatted(streamId, directory.resolve(name + LOCK), IoErrors.reason(e)),
          e);
    }
  }

  private static void sweep(TemporaryFiles temporary) {
    try {
      temporary.sweep();
    } catch (IOException e) {
      // Leftover files only take space. The next claim tries again.
    }
  }

  private synchronized void createDirectory(String streamId) throws CheckpointException {
    if (directorySeen) {
      return;
    }
    try {
      if (!Files.isDirectory(directory)) {
        List<Path> parents = parentsOfMissing();
        Files.createDirectories(directory);
        unsynced.addAll(parents);
      }
      // Otherwise a loss of power could remove the directory with its checkpoints, and the stream
      // would start without one. The next claim repeats what failed here.
      for (Iterator<Path> parents = unsynced.iterator(); parents.hasNext(); parents.remove()) {
        disk.syncDirectory(parents.next());
      }
      directorySeen = true;
    } catch (FileAlreadyExistsException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\": %s is not a directory. Choose another path, or move that file away."
              .formatted(streamId, e.getFile()),
          e);
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\": the directory %s cannot be created (%s). Check the permissions of its parent."
              .formatted(streamId, directory, IoErrors.reason(e)),
          e);
    }
  }

  private List<Path> parentsOfMissing() {
    Deque<Path> parents = new ArrayDeque<>();
    Path level = directory;
    for (Path parent = level.getParent();
        parent != null && !Files.isDirectory(level);
        parent = parent.getParent()) {
      parents.addFirst(parent);
      level = parent;
    }
    return List.copyOf(parents);
  }

  private static String name(String streamId) {
    if (streamId.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot use an empty stream id: it needs at least one character.");
    }
    String name = FileNames.encode(streamId);
    if (name.length() > FileNames.MAX_LENGTH) {
      // Not a CheckpointException, which the stream would retry forever.
      throw new IllegalArgumentException(
          "Cannot use stream id \"%s\": it has %d characters as a file name, and the limit is %d. Choose a shorter one."
              .formatted(streamId, name.length(), FileNames.MAX_LENGTH));
    }
    return name;
  }
}
