package dev.perennial.checkpoint.file;

import dev.perennial.checkpoint.file.internal.FileClaim;
import dev.perennial.checkpoint.file.internal.FileFormat;
import dev.perennial.checkpoint.file.internal.FileNames;
import dev.perennial.checkpoint.file.internal.FileOperations;
import dev.perennial.checkpoint.file.internal.LockRegistry;
import dev.perennial.checkpoint.file.internal.TemporaryFiles;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointSlot;
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
 * Keeps checkpoints in a directory of a local file system, one file for each stream id.
 *
 * <p>A checkpoint is written to a file beside the last one, made durable, and put in its place at
 * once: whatever happens, the last checkpoint or the new one is there, whole. A file that is
 * neither is an error of kind {@link CheckpointException.Kind#CORRUPT CORRUPT}, which names it; the
 * store never takes it for no checkpoint.
 *
 * <p>A claim is a lock on a file of its own, which keeps out other streams in this process and in
 * others, ends with the process, however it ends, and leaves the file behind. If that file or the
 * directory is deleted while it is claimed, the next {@code save} or {@code load} says {@link
 * CheckpointException.Kind#CLAIM_LOST CLAIM_LOST}. Locks on network file systems do not keep such
 * promises: use a local one.
 *
 * <p>The directory is created by the first claim, with what is missing above it. It is not created
 * again: once this object has seen it, its absence is an error. Other files in it are left alone.
 *
 * <p>Safe for use from any thread. A call that is interrupted fails with an error of kind {@link
 * CheckpointException.Kind#UNAVAILABLE UNAVAILABLE}, and the claim lives on.
 */
public final class FileCheckpointStore implements CheckpointStore {

  private static final String CHECKPOINT = ".checkpoint";
  private static final String LOCK = ".lock";

  private final Path directory;
  private final FileOperations disk;
  private volatile boolean directorySeen;

  /**
   * Where a directory was created that a loss of power may still take away, from the top down.
   * Guarded by this.
   */
  private final Set<Path> unsynced = new LinkedHashSet<>();

  FileCheckpointStore(Path directory, FileOperations disk) {
    this.directory = directory.toAbsolutePath();
    this.disk = disk;
  }

  /** A store in a directory. Does not touch it yet. */
  public static FileCheckpointStore in(Path directory) {
    return new FileCheckpointStore(
        Objects.requireNonNull(directory, "directory"), FileOperations.REAL);
  }

  /**
   * Tries once to claim a stream's checkpoint, without waiting for who has it.
   *
   * @param lost never told: that the lock file is gone, a call of the slot finds out, and throws
   * @return the claimed slot, or empty if another stream has it, in this process or another
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     the directory cannot be used
   * @throws IllegalArgumentException if the id is empty, or takes more than 244 characters as a
   *     file name: those besides lower-case letters of ASCII, digits, {@code -} and {@code _} take
   *     three, or six beyond ASCII
   */
  @Override
  public Optional<CheckpointSlot> tryClaim(String streamId, Consumer<CheckpointException> lost)
      throws CheckpointException {
    String name = name(streamId);
    createDirectory(streamId);
    return claim(streamId, name).map(slot -> slot);
  }

  /**
   * The ids of the streams that have a checkpoint, in order.
   *
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     the directory cannot be read
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
      throw CheckpointException.unavailable(
          "The directory of the checkpoints, " + directory + ", cannot be read: " + e, e);
    }
    Collections.sort(ids);
    return ids;
  }

  /**
   * A stream's checkpoint, without a claim on it: for looking at.
   *
   * @return the checkpoint saved last, or empty if there is none
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     it cannot be read; of kind {@link CheckpointException.Kind#CORRUPT CORRUPT} if its file is
   *     not a checkpoint
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
          "The checkpoint of the stream \"%s\" cannot be loaded from %s: %s"
              .formatted(streamId, file, e),
          e);
    }
  }

  /**
   * Deletes a stream's checkpoint, so that the stream begins without one.
   *
   * @return whether there was one
   * @throws CheckpointException of kind {@link CheckpointException.Kind#UNAVAILABLE UNAVAILABLE} if
   *     somebody has claimed it, or it cannot be deleted
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
          "The checkpoint of the stream \"%s\" in %s is in use, so it was not deleted. Close its stream first."
              .formatted(streamId, directory),
          null);
    }
    try (FileClaim slot = claimed.get()) {
      return slot.delete();
    }
  }

  @Override
  public String toString() {
    return "FileCheckpointStore[" + directory + "]";
  }

  private Optional<FileClaim> claim(String streamId, String name) throws CheckpointException {
    TemporaryFiles temporary = new TemporaryFiles(directory, name);
    try {
      Optional<LockRegistry.HeldLock> claim = LockRegistry.tryLock(directory, name + LOCK);
      if (claim.isEmpty()) {
        return Optional.empty();
      }
      sweep(temporary);
      Path file = directory.resolve(name + CHECKPOINT);
      return Optional.of(new FileClaim(streamId, file, temporary, claim.get(), disk));
    } catch (NoSuchFileException e) {
      throw CheckpointException.unavailable(
          "The checkpoint of the stream \"%s\" cannot be claimed, because the directory %s is gone. Put it back."
              .formatted(streamId, directory),
          e);
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "The checkpoint of the stream \"%s\" cannot be claimed, because its lock file %s cannot be used: %s"
              .formatted(streamId, directory.resolve(name + LOCK), e),
          e);
    }
  }

  private static void sweep(TemporaryFiles temporary) {
    try {
      temporary.sweep();
    } catch (IOException e) {
      // What is left over takes space and does no harm; the next claim tries again.
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
      // Otherwise the checkpoints could be gone with the directory, and the stream would begin
      // without one. What failed here is tried again by the next claim.
      for (Iterator<Path> parents = unsynced.iterator(); parents.hasNext(); parents.remove()) {
        disk.syncDirectory(parents.next());
      }
      directorySeen = true;
    } catch (FileAlreadyExistsException e) {
      throw CheckpointException.unavailable(
          "The checkpoint of the stream \"%s\" cannot be claimed, because %s is no directory."
              .formatted(streamId, e.getFile()),
          e);
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "The checkpoint of the stream \"%s\" cannot be claimed, because the directory %s cannot be created: %s"
              .formatted(streamId, directory, e),
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
      throw new IllegalArgumentException("A stream id has at least one character.");
    }
    String name = FileNames.encode(streamId);
    if (name.length() > FileNames.MAX_LENGTH) {
      // No kind of CheckpointException: the stream would try again, for ever.
      throw new IllegalArgumentException(
          "The stream id \"%s\" takes %d characters as a file name, but only %d fit. Choose a shorter one."
              .formatted(streamId, name.length(), FileNames.MAX_LENGTH));
    }
    return name;
  }
}
