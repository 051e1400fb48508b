package dev.perennial.deadletter.file.internal;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A reader of the complete lines of one segment, which may grow meanwhile. Used by one thread at a
 * time.
 */
public final class LineReader implements Closeable {

  private static final int CHUNK = 64 * 1024;

  /** A larger buffer is given up after the line that it was for. */
  private static final int KEPT = 1024 * 1024;

  /**
   * A line.
   *
   * @param bytes its bytes without the line feed; of a line over the limit, its beginning
   * @param size the number of its bytes
   * @param end the offset in the file after its line feed
   */
  public record Line(byte[] bytes, long size, long end) {

    /** Returns whether the line is over the limit. */
    public boolean isCut() {
      return bytes.length < size;
    }
  }

  private final Path file;
  private final Object identity;
  private final InputStream in;
  private final int maxLine;
  private final int keptOfLonger;

  private byte[] buffer = new byte[CHUNK];
  private int start;
  private int end;

  /** Up to where the buffer has no line feed. */
  private int searched;

  /** How many bytes of the current line were read and dropped, because it is over the limit. */
  private long dropped;

  private byte[] beginning = {};

  /** The offset of the next line in the file. */
  private long offset;

  private LineReader(
      Path file, Object identity, InputStream in, long offset, int maxLine, int keptOfLonger) {
    this.file = file;
    this.identity = identity;
    this.in = in;
    this.offset = offset;
    this.maxLine = maxLine;
    this.keptOfLonger = keptOfLonger;
  }

  /**
   * Opens a segment.
   *
   * @param offset where to begin: 0, or after a line
   * @param maxLine the size of the longest line to keep whole, in bytes
   * @param keptOfLonger how many bytes to keep of a longer one, not more than {@code maxLine}
   * @throws NoSuchFileException if the segment does not exist
   * @throws PositionGoneException if no line ends at the offset
   */
  public static LineReader open(Path file, long offset, int maxLine, int keptOfLonger)
      throws IOException {
    Object identity = Segments.identity(file);
    // Unlike a channel, this stream is not closed by an interrupt.
    InputStream in = Files.newInputStream(file);
    boolean opened = false;
    try {
      if (offset > 0 && !endsLine(in, offset)) {
        throw new PositionGoneException(
            "no line of %s ends after %d bytes any more: it was changed or replaced"
                .formatted(file, offset));
      }
      LineReader reader = new LineReader(file, identity, in, offset, maxLine, keptOfLonger);
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        in.close();
      }
    }
  }

  private static boolean endsLine(InputStream in, long offset) throws IOException {
    try {
      in.skipNBytes(offset - 1);
      return in.read() == '\n';
    } catch (EOFException e) {
      return false;
    }
  }

  /** Returns the next line if it was read already; does no I/O. */
  public @Nullable Line buffered() {
    for (; searched < end; searched++) {
      if (buffer[searched] == '\n') {
        return line();
      }
    }
    return null;
  }

  private Line line() {
    int length = searched - start;
    long size = dropped + length;
    int kept = length > maxLine ? keptOfLonger : length;
    byte[] bytes = dropped > 0 ? beginning : Arrays.copyOfRange(buffer, start, start + kept);
    start = searched + 1;
    searched = start;
    dropped = 0;
    beginning = new byte[0];
    offset += size + 1;
    if (start == end) {
      reset();
    }
    return new Line(bytes, size, offset);
  }

  /** Returns the next line, or null if the file has no other complete line now. */
  public @Nullable Line read() throws IOException {
    while (true) {
      Line next = buffered();
      if (next != null) {
        return next;
      }
      if (end - start > maxLine || (dropped > 0 && end == buffer.length)) {
        drop();
      }
      makeRoom();
      int read = in.read(buffer, end, buffer.length - end);
      if (read < 0) {
        return null;
      }
      end += read;
    }
  }

  private void drop() {
    if (dropped == 0) {
      beginning = Arrays.copyOfRange(buffer, start, start + keptOfLonger);
    }
    dropped += end - start;
    reset();
  }

  private void reset() {
    start = 0;
    end = 0;
    searched = 0;
    if (buffer.length > KEPT) {
      buffer = new byte[CHUNK];
    }
  }

  private void makeRoom() {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      searched -= start;
      start = 0;
    }
    if (end == buffer.length) {
      buffer = Arrays.copyOf(buffer, (int) Math.min(2L * buffer.length, maxLine + 1L));
    }
  }

  /**
   * Checks that the file is still the one that is open and only grew. It may have been deleted.
   *
   * @throws PositionGoneException if it was replaced or truncated
   */
  public void requireUnchanged() throws IOException {
    try {
      if (!Segments.isStill(identity, file) && Files.exists(file)) {
        throw new PositionGoneException(file + " was replaced while it was read");
      }
      if (Files.size(file) < offset) {
        throw new PositionGoneException(
            "%s was truncated after %d bytes of it were read".formatted(file, offset));
      }
    } catch (NoSuchFileException e) {
      // Deleted, and its lines were read.
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
