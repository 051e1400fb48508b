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
 * Hands out locks on files, at most one for each file in this JVM.
 *
 * <p>On POSIX systems a process loses its lock on a file when it closes <em>any</em> handle of that
 * file. So a file may be opened only once it is known that nobody else in the process has it
 * locked, for which the registry here is static. The real directory and the name make an entry, so
 * that two ways to one directory lead to the same.
 */
public final class LockRegistry {

  /** A lock file, whatever path leads to it. */
  private record Key(Object directory, String name) {}

  /**
   * Who has which file; empty while it is being opened. An entry whose file was deleted meanwhile
   * stands for a file that nobody can open any more, and does not count. Guarded by itself.
   */
  private static final Map<Key, Optional<HeldLock>> HELD = new HashMap<>();

  /**
   * Handles of files that another copy of this class, of another class loader, has locked, by the
   * identity of the file: closing them would drop that lock. An open file's identity is not given
   * to another file. Guarded by itself.
   */
  private static final Map<Object, FileChannel> NOT_TO_BE_CLOSED = new HashMap<>();

  /** More than enough, unless somebody replaces the file all the time. */
  private static final int ATTEMPTS = 20;

  private LockRegistry() {}

  /**
   * Tries to lock a file, which is created if it does not exist.
   *
   * @return the lock, or empty if somebody else has it, in this process or another
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
    Optional<HeldLock> claim = Optional.empty();
    try {
      claim = Optional.ofNullable(lock(key, directory.resolve(name), files));
      return claim;
    } finally {
      synchronized (HELD) {
        if (claim.isPresent()) {
          HELD.put(key, claim);
        } else {
          HELD.remove(key);
        }
      }
    }
  }

  /** Enters that the file is being opened, unless somebody has it. */
  private static boolean reserve(Key key) throws IOException {
    Optional<HeldLock> holder;
    synchronized (HELD) {
      holder = HELD.putIfAbsent(key, Optional.empty());
    }
    if (holder == null) {
      return true;
    }
    // Outside of the lock, which is everybody's: a disk that hangs must not hold up the others.
    if (holder.isEmpty() || holder.get().isInPlace()) {
      return false;
    }
    HeldLock stale = holder.get();
    synchronized (HELD) {
      Optional<HeldLock> now = HELD.get(key);
      if (now != null && now.filter(claim -> claim == stale).isEmpty()) {
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
        // Nobody can have locked what was not there, so it may be closed again.
        files.create(file);
        continue;
      }
      boolean keep = false;
      try {
        FileLock lock = channel.tryLock();
        // Otherwise this may be a file that was deleted or replaced meanwhile, whose lock keeps
        // nobody away.
        if (isStill(identity, file, files)) {
          keep = lock != null;
          return lock == null ? null : new HeldLock(key, file, files, identity, channel, lock);
        }
      } catch (OverlappingFileLockException e) {
        keep = true;
        boolean known = isStill(identity, file, files);
        synchronized (NOT_TO_BE_CLOSED) {
          // A handle of we know not which file is never used again, nor closed.
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
    throw new IOException("it was replaced or deleted again and again while it was being locked");
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

  /** A lock that is held. Used by one thread at a time, but for {@link #holds()}. */
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
     * Whether the lock still keeps others away: it does not if it was dropped, or if the file was
     * deleted or replaced, so that others lock another.
     *
     * @throws IOException if that cannot be told
     */
    boolean holds() throws IOException {
      return !released && lock.isValid() && isInPlace();
    }

    /**
     * Whether the file is still the one that others would lock. True also while the lock is being
     * given up: until the handle is closed, another one's lock would be dropped with it.
     */
    private boolean isInPlace() throws IOException {
      return isStill(identity, file, files);
    }

    /** Gives the lock up. Idempotent. */
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
