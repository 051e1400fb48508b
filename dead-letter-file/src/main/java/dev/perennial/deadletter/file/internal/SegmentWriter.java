package dev.perennial.deadletter.file.internal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Appends lines to a segment of its own, and begins a new one when that is full.
 *
 * <p>A segment only grows, and only while its writer is open. If a write fails, the segment may end
 * in half a line, and the next line begins a new segment. Used by one thread at a time.
 */
public final class SegmentWriter implements Closeable {

  /** How often to write a line again if its segment is deleted meanwhile. */
  private static final int ATTEMPTS = 5;

  private final Path directory;
  private final long maxFileSize;
  private final FileOperations disk;
  private final DirectoryLock lock;
  private @Nullable OpenSegment open;

  /** The segment that is being written. */
  private static final class OpenSegment {
    final Path file;
    final FileOperations.Appender appender;
    final Object identity;

    /** The size of its durable lines. */
    long size;

    OpenSegment(Path file, FileOperations.Appender appender, Object identity) {
      this.file = file;
      this.appender = appender;
      this.identity = identity;
    }
  }

  private SegmentWriter(Path directory, long maxFileSize, FileOperations disk, DirectoryLock lock) {
    this.directory = directory;
    this.maxFileSize = maxFileSize;
    this.disk = disk;
    this.lock = lock;
  }

  /**
   * Locks a directory, which is created if it does not exist.
   *
   * @param maxFileSize from how many bytes on a segment is full
   * @return the writer, or empty if another one holds the lock
   */
  public static Optional<SegmentWriter> open(Path directory, long maxFileSize, FileOperations disk)
      throws IOException {
    createDirectory(directory, disk);
    return DirectoryLock.tryAcquire(directory)
        .map(lock -> new SegmentWriter(directory, maxFileSize, disk, lock));
  }

  private static void createDirectory(Path directory, FileOperations disk) throws IOException {
    Deque<Path> parents = new ArrayDeque<>();
    Path level = directory;
    for (Path parent = level.getParent();
        parent != null && !Files.isDirectory(level);
        parent = parent.getParent()) {
      parents.addFirst(parent);
      level = parent;
    }
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
    }
    for (Path parent : parents) {
      disk.syncDirectory(parent);
    }
  }

  /**
   * Appends a line, which is durable and in the directory when this returns.
   *
   * @param line the line with its line feed
   * @param now the time of day, for the number of a new segment
   */
  public void append(byte[] line, Instant now) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!lock.isHeld()) {
        throw new IOException(
            "the lock file was deleted or replaced, so another process may write there");
      }
      OpenSegment segment = segmentFor(line, now);
      boolean written = false;
      try {
        segment.appender.write(line);
        segment.appender.sync();
        written = true;
      } finally {
        if (!written) {
          abandon(segment);
        }
      }
      if (Segments.isStill(segment.identity, segment.file)) {
        segment.size += line.length;
        return;
      }
      // Somebody deleted or replaced the file, perhaps before the line was in it.
      abandon(segment);
    }
    throw new IOException("its segments are deleted while they are written");
  }

  private OpenSegment segmentFor(byte[] line, Instant now) throws IOException {
    OpenSegment segment = open;
    if (segment != null) {
      if (segment.size == 0 || segment.size + line.length <= maxFileSize) {
        return segment;
      }
      open = null;
      segment.appender.close();
    }
    return create(now);
  }

  private OpenSegment create(Instant now) throws IOException {
    Path file = Segments.file(directory, Segments.next(Segments.list(directory), now));
    FileOperations.Appender appender = disk.create(file);
    boolean created = false;
    try {
      OpenSegment segment = new OpenSegment(file, appender, Segments.identity(file));
      disk.syncDirectory(directory);
      open = segment;
      created = true;
      return segment;
    } finally {
      if (!created) {
        discard(file, appender, true);
      }
    }
  }

  /** Writes no more to a segment. Deletes it if it has no line, so that a full disk has few. */
  private void abandon(OpenSegment segment) {
    open = null;
    discard(segment.file, segment.appender, segment.size == 0);
  }

  private static void discard(Path file, FileOperations.Appender appender, boolean delete) {
    try (appender) {
      if (delete) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // A file that stays behind is never written again, and readers skip half a line at its end.
    }
  }

  @Override
  public void close() throws IOException {
    OpenSegment segment = open;
    open = null;
    try {
      if (segment != null) {
        segment.appender.close();
      }
    } finally {
      lock.close();
    }
  }
}
