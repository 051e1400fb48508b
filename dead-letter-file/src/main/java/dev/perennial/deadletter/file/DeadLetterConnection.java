package dev.perennial.deadletter.file;

import dev.perennial.deadletter.file.internal.Letter;
import dev.perennial.deadletter.file.internal.LetterFormat;
import dev.perennial.deadletter.file.internal.LetterFormatException;
import dev.perennial.deadletter.file.internal.LineReader;
import dev.perennial.deadletter.file.internal.PositionGoneException;
import dev.perennial.deadletter.file.internal.Segments;
import dev.perennial.port.Connection;
import dev.perennial.port.Malformed;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.NavigableSet;
import org.jspecify.annotations.Nullable;

/** A reader of the segments of a directory, one after the other. */
final class DeadLetterConnection implements Connection<DeadLetterEvent, DeadLetterPosition> {

  /** How often to look for more letters. {@link DeadLetterSource#follow} repeats it. */
  static final Duration POLL_INTERVAL = Duration.ofMillis(250);

  private final Path directory;
  private final boolean follows;
  private final int maxLetterSize;
  private final StreamRuntime.Signal signal;

  /** The segments when they were last listed, which is again when there is none after this one. */
  private NavigableSet<Long> known = Collections.emptyNavigableSet();

  /** The number of the segment that is being read, or was read last. */
  private long segment;

  /** Null if the segment is not open, because there is none to read now. */
  private @Nullable LineReader reader;

  private volatile boolean woken;

  private DeadLetterConnection(
      Path directory, boolean follows, int maxLetterSize, StreamRuntime.Signal signal) {
    this.directory = directory;
    this.follows = follows;
    this.maxLetterSize = maxLetterSize;
    this.signal = signal;
  }

  static DeadLetterConnection open(
      Path directory,
      boolean follows,
      int maxLetterSize,
      StreamRuntime.Signal signal,
      DeadLetterPosition after)
      throws IOException {
    DeadLetterConnection connection =
        new DeadLetterConnection(directory, follows, maxLetterSize, signal);
    if (!connection.open(after.segment(), after.offset())) {
      connection.segment = after.segment();
      connection.requireReachable();
    }
    return connection;
  }

  @Override
  public @Nullable Received<DeadLetterEvent, DeadLetterPosition> receive(Duration timeout)
      throws IOException, InterruptedException {
    LineReader.Line line = reader == null ? null : reader.buffered();
    if (line == null && !timeout.isZero()) {
      line = read();
      if (line == null && !follows) {
        return Received.end();
      }
      if (line == null) {
        signal.await(() -> woken, timeout.compareTo(POLL_INTERVAL) < 0 ? timeout : POLL_INTERVAL);
        woken = false;
      }
    }
    return line == null ? null : event(line);
  }

  /** Returns the next line of this segment or a later one, or null if there is none now. */
  private LineReader.@Nullable Line read() throws IOException {
    while (true) {
      if (known.higher(segment) == null) {
        // Before the read: if there is a later segment now, this one does not grow any more.
        known = Segments.list(directory);
      }
      LineReader open = reader;
      LineReader.Line line = open == null ? null : open.read();
      if (line != null) {
        return line;
      }
      Long next = known.higher(segment);
      if (next == null) {
        if (open == null) {
          requireReachable();
        } else {
          open.requireUnchanged();
        }
        return null;
      }
      // What is left of this segment is half a line that was never accepted.
      if (!open(next, 0)) {
        known = Segments.list(directory);
        if (known.contains(next)) {
          throw new NoSuchFileException(Segments.file(directory, next).toString());
        }
      }
    }
  }

  /** Opens a segment instead of the current one, and returns whether it exists. */
  private boolean open(long number, long offset) throws IOException {
    try {
      LineReader opened =
          LineReader.open(
              Segments.file(directory, number), offset, maxLetterSize, Malformed.RAW_LIMIT);
      closeReader();
      reader = opened;
      segment = number;
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Checks that letters can still come after this segment, which is not open. */
  private void requireReachable() throws IOException {
    known = Segments.list(directory);
    if (!known.isEmpty() && known.last() < segment) {
      throw new PositionGoneException(
          "all segments in %s are older than segment %d, after which the stream resumes"
              .formatted(directory, segment));
    }
  }

  private Received<DeadLetterEvent, DeadLetterPosition> event(LineReader.Line line) {
    DeadLetterEvent event;
    DeadLetterPosition position;
    try {
      if (line.isCut()) {
        throw new LetterFormatException(
            "it has %d bytes, over the limit of %d".formatted(line.size(), maxLetterSize));
      }
      Letter letter = LetterFormat.decode(line.bytes());
      event = new DeadLetter(letter);
      position = new DeadLetterPosition(segment, line.end(), letter.time());
    } catch (LetterFormatException e) {
      event = new MalformedDeadLetter(line.bytes(), line.size(), e);
      position = new DeadLetterPosition(segment, line.end(), null);
    }
    return Received.event(event, position);
  }

  @Override
  public void wakeUp() {
    woken = true;
    signal.raise();
  }

  @Override
  public void close(Duration flush) throws IOException {
    closeReader();
  }

  private void closeReader() throws IOException {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
