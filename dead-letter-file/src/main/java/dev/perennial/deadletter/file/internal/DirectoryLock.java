package dev.perennial.deadletter.file.internal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The exclusive right to write in a directory: a lock on a file in it, which ends with the process
 * and whose file stays.
 *
 * <p>On POSIX systems a process loses its lock on a file when it closes <em>any</em> handle of that
 * file. So the lock file may be opened only if nothing else in the process has locked it, and the
 * locked directories are in a static set.
 */
public final class DirectoryLock implements Closeable {

  private static final String NAME = "letters.lock";

  /** The identities of the directories that this process has locked. */
  private static final Set<Object> LOCKED = ConcurrentHashMap.newKeySet();

  /**
   * Handles of files that a copy of this class in another class loader has locked: closing one
   * would drop that lock.
   */
  private static final Set<FileChannel> NOT_TO_BE_CLOSED = ConcurrentHashMap.newKeySet();

  private final Object directory;
  private final Path file;
  private final FileChannel channel;
  private final Object identity;

  private DirectoryLock(Object directory, Path file, FileChannel channel, Object identity) {
    this.directory = directory;
    this.file = file;
    this.channel = channel;
    this.identity = identity;
  }

  /**
   * Tries to lock an existing directory.
   *
   * @return the lock, or empty if this process or another one holds it
   */
  public static Optional<DirectoryLock> tryAcquire(Path directory) throws IOException {
    Object key = Segments.identity(directory);
    if (!LOCKED.add(key)) {
      return Optional.empty();
    }
    Optional<DirectoryLock> lock = Optional.empty();
    try {
      lock = lock(key, directory.resolve(NAME));
      return lock;
    } finally {
      if (lock.isEmpty()) {
        LOCKED.remove(key);
      }
    }
  }

  private static Optional<DirectoryLock> lock(Object directory, Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean keep = false;
    try {
      Object identity = Segments.identity(file);
      FileLock lock = channel.tryLock();
      // Otherwise the file was replaced meanwhile, and this lock would exclude nobody.
      keep = lock != null && Segments.isStill(identity, file);
      return keep
          ? Optional.of(new DirectoryLock(directory, file, channel, identity))
          : Optional.empty();
    } catch (OverlappingFileLockException e) {
      keep = true;
      NOT_TO_BE_CLOSED.add(channel);
      return Optional.empty();
    } finally {
      if (!keep) {
        channel.close();
      }
    }
  }

  /**
   * Returns whether the lock excludes others: it does not if its file was deleted or replaced,
   * because others then lock another file.
   */
  boolean isHeld() throws IOException {
    return channel.isOpen() && Segments.isStill(identity, file);
  }

  /** Releases the lock. Called once. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      LOCKED.remove(directory);
    }
  }
}
