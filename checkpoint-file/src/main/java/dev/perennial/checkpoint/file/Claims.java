package dev.perennial.checkpoint.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
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
final class Claims {

  /** A lock file, whatever path leads to it. */
  private record Key(Object directory, String name) {}

  /**
   * Who has which file; empty while it is being opened. An entry whose file was deleted meanwhile
   * stands for a file that nobody can open any more, and does not count. Guarded by itself.
   */
  private static final Map<Key, Optional<Claim>> HELD = new HashMap<>();

  /**
   * Handles of files that another copy of this class, of another class loader, has locked: closing
   * them would drop that lock. Guarded by itself.
   */
  private static final Map<Key, FileChannel> NOT_TO_BE_CLOSED = new HashMap<>();

  private Claims() {}

  /**
   * Tries to lock a file, which is created if it does not exist.
   *
   * @return the lock, or empty if somebody else has it, in this process or another
   * @throws IOException if the file cannot be opened or locked
   */
  static Optional<Claim> tryClaim(Path directory, String name) throws IOException {
    Key key = new Key(identity(directory), name);
    synchronized (HELD) {
      Optional<Claim> holder = HELD.get(key);
      if (holder != null && (holder.isEmpty() || holder.get().holds())) {
        return Optional.empty();
      }
      HELD.put(key, Optional.empty());
    }
    Optional<Claim> claim = Optional.empty();
    try {
      claim = Optional.ofNullable(lock(key, directory.resolve(name)));
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

  private static @Nullable Claim lock(Key key, Path file) throws IOException {
    FileChannel channel;
    synchronized (NOT_TO_BE_CLOSED) {
      channel = NOT_TO_BE_CLOSED.remove(key);
    }
    if (channel == null) {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
    boolean locked = false;
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        return null;
      }
      Claim claim = new Claim(key, file, identity(file), channel, lock);
      locked = true;
      return claim;
    } catch (OverlappingFileLockException e) {
      synchronized (NOT_TO_BE_CLOSED) {
        NOT_TO_BE_CLOSED.put(key, channel);
      }
      locked = true;
      return null;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  /**
   * What stays the same of a file whatever path leads to it, and differs for another that took its
   * place.
   */
  private static Object identity(Path file) throws IOException {
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return key != null ? key : file.toRealPath();
  }

  /** A lock that is held. Used by one thread at a time, but for {@link #holds()}. */
  static final class Claim {

    private final Key key;
    private final Path file;
    private final Object identity;
    private final FileChannel channel;
    private final FileLock lock;
    private volatile boolean released;

    private Claim(Key key, Path file, Object identity, FileChannel channel, FileLock lock) {
      this.key = key;
      this.file = file;
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
      if (released || !lock.isValid()) {
        return false;
      }
      try {
        return identity.equals(identity(file));
      } catch (NoSuchFileException e) {
        return false;
      }
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
