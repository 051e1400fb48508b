package dev.perennial.examples.lines;

import dev.perennial.port.Connection;
import dev.perennial.port.Malformed;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** An open file, read line by line. */
final class LineConnection implements Connection<LogEvent, LinePosition> {

  /** 1 MiB. Longer lines are delivered as {@link LogEvent.TooLong}, so that memory is bounded. */
  static final int MAX_LINE_LENGTH = 1 << 20;

  /** The number of bytes of the first line that its checksum covers. */
  private static final int FIRST_LINE_BYTES = 1024;

  /** How often to check for new lines at the end of the file. */
  static final Duration POLL_INTERVAL = Duration.ofMillis(100);

  private final Path file;
  private final FileChannel channel;

  /** Identifies the file if the file system supports it (not on Windows). */
  private final @Nullable Object key;

  private final StreamRuntime.Signal signal = StreamRuntime.system().newSignal();
  private final ByteBuffer buffer = ByteBuffer.allocate(MAX_LINE_LENGTH + 1).limit(0);
  private LinePosition last;
  private long discarded;
  private byte[] discardedHead = new byte[0];
  private volatile boolean woken;

  private LineConnection(Path file, FileChannel channel, @Nullable Object key, LinePosition after) {
    this.file = file;
    this.channel = channel;
    this.key = key;
    this.last = after;
  }

  static LineConnection open(Path file, LinePosition after) throws IOException {
    // Read the key first: if the file is replaced before it is opened, the keys differ later.
    @Nullable Object key = key(file);
    FileChannel channel = FileChannel.open(file);
    try {
      if (isOther(channel, after)) {
        throw new FileReplacedException(file, after);
      }
      channel.position(after.offset());
      return new LineConnection(file, channel, key, after);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  // tag::receive
  @Override
  public @Nullable Received<LogEvent, LinePosition> receive(Duration timeout)
      throws IOException, InterruptedException {
    Received<LogEvent, LinePosition> next = nextInBuffer();
    if (next != null || timeout.isZero()) {
      return next;
    }
    // Check first: lines that are written between the check and the read still come first.
    boolean replaced = isReplaced();
    next = nextInFile();
    if (next == null && replaced) {
      throw new FileReplacedException(file, last);
    }
    if (next == null) {
      signal.await(() -> woken, timeout.compareTo(POLL_INTERVAL) < 0 ? timeout : POLL_INTERVAL);
      woken = false;
    }
    return next;
  }

  @Override
  public void wakeUp() {
    woken = true;
    signal.raise();
  }

  // end::receive

  @Override
  public void close(Duration flush) throws IOException {
    channel.close();
  }

  private @Nullable Received<LogEvent, LinePosition> nextInFile() throws IOException {
    while (true) {
      if (buffer.remaining() > MAX_LINE_LENGTH) {
        discard(buffer.remaining());
      }
      buffer.compact();
      int read = channel.read(buffer);
      buffer.flip();
      Received<LogEvent, LinePosition> next = nextInBuffer();
      if (next != null || read < 0) {
        return next;
      }
    }
  }

  private @Nullable Received<LogEvent, LinePosition> nextInBuffer() throws IOException {
    for (int end = buffer.position(); end < buffer.limit(); end++) {
      if (buffer.get(end) == '\n') {
        return line(end - buffer.position());
      }
    }
    return null;
  }

  private Received<LogEvent, LinePosition> line(int length) throws IOException {
    LogEvent event;
    long size = discarded + length;
    if (discarded > 0) {
      event = new LogEvent.TooLong(discardedHead, size);
      buffer.position(buffer.position() + length);
      discarded = 0;
    } else {
      byte[] bytes = new byte[length];
      buffer.get(bytes);
      event = new LogEvent.Line(text(bytes));
    }
    buffer.get();
    int firstLine = last.offset() == 0 ? firstLine(channel) : last.firstLine();
    last = new LinePosition(last.offset() + size + 1, firstLine);
    return Received.event(event, last);
  }

  /** Decodes a line, which may end in CR LF. */
  private static String text(byte[] bytes) {
    boolean carriageReturn = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
    int length = carriageReturn ? bytes.length - 1 : bytes.length;
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private void discard(int length) {
    if (discarded == 0) {
      discardedHead = new byte[Malformed.RAW_LIMIT];
      buffer.get(buffer.position(), discardedHead);
    }
    buffer.position(buffer.position() + length);
    discarded += length;
  }

  /** Returns whether the file of this name is another one than the open one, or was truncated. */
  private boolean isReplaced() throws IOException {
    try (FileChannel now = FileChannel.open(file)) {
      return !Objects.equals(key(file), key) || isOther(now, last);
    } catch (NoSuchFileException e) {
      return false; // The file was moved, and the new one does not exist yet.
    }
  }

  private static boolean isOther(FileChannel channel, LinePosition position) throws IOException {
    return channel.size() < position.offset()
        || (position.offset() > 0 && firstLine(channel) != position.firstLine());
  }

  private static @Nullable Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /** Returns the checksum of the first line's beginning. Does not change the channel's position. */
  private static int firstLine(FileChannel channel) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(FIRST_LINE_BYTES);
    int read = 0;
    while (read >= 0 && head.hasRemaining()) {
      read = channel.read(head, head.position());
    }
    head.flip();
    int end = 0;
    while (end < head.limit() && head.get(end) != '\n') {
      end++;
    }
    CRC32C checksum = new CRC32C();
    checksum.update(head.limit(end));
    return (int) checksum.getValue();
  }
}
