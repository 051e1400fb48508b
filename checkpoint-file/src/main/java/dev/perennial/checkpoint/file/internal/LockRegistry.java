package dev.perennial.checkpoint.file.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A registry of the file locks that this JVM holds, at most one for each file.
 *
 * <p>On POSIX systems a process loses its lock on a file when it closes <em>any</em> handle of that
 * file. So a file may be opened only if nothing else in the process has locked it, and the registry
 * is static. An entry is keyed by the identity of the directory and the file name, so that two
 * paths to one directory share it.
 */
public final class LockRegistry {

  /** The key of a lock file, independent of the path that leads to it. */
  private record Key(Object directory, String name) {}

  /**
   * The locks by file; empty while a file is being opened. An entry whose file was deleted does not
   * count, because no other thread can open that file any more. Guarded by itself.
   */
  private static final Map<Key, Optional<HeldLock>> HELD = new HashMap<>();

  /**
   * Handles of files that a copy of this class in another class loader has locked, by the identity
   * of the file: closing a handle would drop that lock. The file system gives an open file's
   * identity to no other file. Guarded by itself.
   */
  private static final Map<Object, FileChannel> NOT_TO_BE_CLOSED = new HashMap<>();

  /** How often to try again if the lock file is replaced while it is being locked. */
  private static final int ATTEMPTS = 20;

  private LockRegistry() {}

  /**
   * Tries to lock a file, which is created if it does not exist.
   *
   * @return the lock, or empty if this process or another one holds it
   * @throws IOException if the file cannot be opened or locked
   */
  public static Optional<HeldLock> tryLock(Path directory, String name) throws IOException {
    return tryLock(directory, name, LockFileOperations.REAL);
  }

  static Optional<HeldLock> tryLock(Path directory, String name, LockFileOperations files)
      throws IOException {
    Key key = new Key(files.identity(directory), name);
    if (!reserve(key)) {
      return Optional.empty();
    }
    Optional<HeldLock> lock = Optional.empty();
    try {
      lock = Optional.ofNullable(lock(key, directory.resolve(name), files));
      return lock;
    } finally {
      synchronized (HELD) {
        if (lock.isPresent()) {
          HELD.put(key, lock);
        } else {
          HELD.remove(key);
        }
      }
    }
  }

  /** Reserves the entry of a file that is about to be opened, unless the file is locked. */
  private static boolean reserve(Key key) throws IOException {
    Optional<HeldLock> holder;
    synchronized (HELD) {
      holder = HELD.putIfAbsent(key, Optional.empty());
    }
    if (holder == null) {
      return true;
    }
    // Outside of the monitor, which all stores share: a disk that hangs must not block the others.
    if (holder.isEmpty() || holder.get().isInPlace()) {
      return false;
    }
    HeldLock stale = holder.get();
    synchronized (HELD) {
      Optional<HeldLock> now = HELD.get(key);
      if (now != null && now.filter(lock -> lock == stale).isEmpty()) {
        return false;
      }
      HELD.put(key, Optional.empty());
      return true;
    }
  }

  private static @Nullable HeldLock lock(Key key, Path file, LockFileOperations files)
      throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Object identity;
      FileChannel channel;
      try {
        identity = files.identity(file);
        channel = open(file, identity, files);
      } catch (NoSuchFileException e) {
        // A file that did not exist is locked by nothing, so its handle may be closed.
        files.create(file);
        continue;
      }
      boolean keep = false;
      try {
        FileLock lock = channel.tryLock();
        // Otherwise the file was deleted or replaced meanwhile, and its lock excludes nothing.
        if (isStill(identity, file, files)) {
          keep = lock != null;
          return lock == null ? null : new HeldLock(key, file, files, identity, channel, lock);
        }
      } catch (OverlappingFileLockException e) {
        keep = true;
        boolean known = isStill(identity, file, files);
        synchronized (NOT_TO_BE_CLOSED) {
          // A handle of an unknown file is never used again and never closed.
          NOT_TO_BE_CLOSED.put(known ? identity : new Object(), channel);
        }
        if (known) {
          return null;
        }
      } finally {
        if (!keep) {
          channel.close();
        }
      }
    }
    throw new IOException("it was replaced or deleted again and again while the store locked it");
  }

  private static FileChannel open(Path file, Object identity, LockFileOperations files)
      throws IOException {
    FileChannel kept;
    synchronized (NOT_TO_BE_CLOSED) {
      kept = NOT_TO_BE_CLOSED.remove(identity);
    }
    return kept != null ? kept : files.open(file);
  }

  private static boolean isStill(Object identity, Path file, LockFileOperations files)
      throws IOException {
    try {
      return identity.equals(files.identity(file));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** A lock on a file. Used by one thread at a time, except {@link #holds()}. */
  public static final class HeldLock {

    private final Key key;
    private final Path file;
    private final LockFileOperations files;
    private final Object identity;
    private final FileChannel channel;
    private final FileLock lock;
    private volatile boolean released;

    private HeldLock(
        Key key,
        Path file,
        LockFileOperations files,
        Object identity,
        FileChannel channel,
        FileLock lock) {
      this.key = key;
      this.file = file;
      this.files = files;
      this.identity = identity;
      this.channel = channel;
      this.lock = lock;
    }

    /**
     * Returns whether the lock still excludes others: it does not if it was released, or if the
     * file was deleted or replaced, because others then lock another file.
     *
     * @throws IOException if that cannot be determined
     */
    boolean holds() throws IOException {
      return !released && lock.isValid() && isInPlace();
    }

    /**
     * Returns whether the file is still the one that others would lock. True also during the
     * release: until the handle is closed, closing it would drop the lock of another.
     */
    private boolean isInPlace() throws IOException {
      return isStill(identity, file, files);
    }

    /** Releases the lock. Idempotent. */
    void release() throws IOException {
      if (!released) {
        released = true;
        try {
          channel.close();
        } finally {
          synchronized (HELD) {
            HELD.computeIfPresent(
                key, (same, holder) -> holder.filter(this::equals).isPresent() ? null : holder);
          }
        }
      }
    }
  }
}
