package dev.perennial.checkpoint.file.internal;

import dev.perennial.port.CheckpointException;
import dev.perennial.port.support.IoErrors;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The directory of a store, with a checkpoint file and a lock file for each stream. It creates
 * itself once: if it is gone later, its absence is an error. Safe for use from any thread.
 */
public final class CheckpointDirectory {

  /** The suffix of checkpoint files. */
  static final String CHECKPOINT = ".checkpoint";

  private static final String LOCK = ".lock";

  private final Path path;
  private final FileOperations disk;
  private volatile boolean seen;

  /**
   * The parents of new directories whose entries are not durable yet, from the top down. Guarded by
   * this.
   */
  private final Set<Path> unsynced = new LinkedHashSet<>();

  public CheckpointDirectory(Path path, FileOperations disk) {
    this.path = path.toAbsolutePath();
    this.disk = disk;
  }

  Path path() {
    return path;
  }

  /** Returns whether nothing was ever stored: the directory does not exist and was never seen. */
  boolean isUnused() {
    return !seen && Files.notExists(path);
  }

  /** Returns whether the directory was seen and does not exist any more. */
  boolean isGone() {
    return seen && Files.notExists(path);
  }

  /**
   * Returns the checkpoint file of a stream, which may not exist.
   *
   * @throws IllegalArgumentException if the id is empty or too long
   */
  Path file(String streamId) {
    return path.resolve(name(streamId) + CHECKPOINT);
  }

  /**
   * Tries once to claim a stream's checkpoint, and creates the directory first if it does not
   * exist.
   *
   * @return the claim, or empty if another stream holds it
   * @throws IllegalArgumentException if the id is empty or too long
   */
  public Optional<FileClaim> createAndClaim(String streamId) throws CheckpointException {
    name(streamId);
    create(streamId);
    return claim(streamId);
  }

  /**
   * Tries once to claim a stream's checkpoint in an existing directory.
   *
   * @return the claim, or empty if another stream holds it
   * @throws IllegalArgumentException if the id is empty or too long
   */
  Optional<FileClaim> claim(String streamId) throws CheckpointException {
    String name = name(streamId);
    TemporaryFiles temporary = new TemporaryFiles(path, name);
    try {
      Optional<LockRegistry.HeldLock> lock = LockRegistry.tryLock(path, name + LOCK);
      if (lock.isEmpty()) {
        return Optional.empty();
      }
      sweep(temporary);
      return Optional.of(new FileClaim(streamId, file(streamId), temporary, lock.get(), disk));
    } catch (NoSuchFileException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\": the directory %s is gone. Restore it, or create it empty to start without checkpoints."
              .formatted(streamId, path),
          e);
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\" with lock file %s: %s. Check that the file can be written."
              .formatted(streamId, path.resolve(name + LOCK), IoErrors.reason(e)),
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

  private synchronized void create(String streamId) throws CheckpointException {
    if (seen) {
      return;
    }
    try {
      if (!Files.isDirectory(path)) {
        List<Path> parents = parentsOfMissing();
        Files.createDirectories(path);
        unsynced.addAll(parents);
      }
      // Otherwise a loss of power could remove the directory with its checkpoints, and the stream
      // would start without one. The next claim repeats what failed here.
      for (Iterator<Path> parents = unsynced.iterator(); parents.hasNext(); parents.remove()) {
        disk.syncDirectory(parents.next());
      }
      seen = true;
    } catch (FileAlreadyExistsException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\": %s is not a directory. Choose another path, or move that file away."
              .formatted(streamId, e.getFile()),
          e);
    } catch (IOException e) {
      throw CheckpointException.unavailable(
          "Cannot claim checkpoint \"%s\": the directory %s cannot be created (%s). Check the permissions of its parent."
              .formatted(streamId, path, IoErrors.reason(e)),
          e);
    }
  }

  private List<Path> parentsOfMissing() {
    Deque<Path> parents = new ArrayDeque<>();
    Path level = path;
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

  @Override
  public String toString() {
    return path.toString();
  }
}
