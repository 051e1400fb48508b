package dev.perennial.examples.lines;

import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

// tag::source
/**
 * A source of the lines of a UTF-8 text file to which lines are appended. After a rotation it reads
 * the old file to its end. Then, or after a truncation, it delivers a {@link LogEvent.Gap} and
 * continues with the first line of the new file.
 */
public final class LineSource implements ClientTrackedSource<LogEvent, LinePosition> {

  private final Path file;
  private final SourceBinding binding = new SourceBinding();

  /**
   * @param file the file, which may not exist yet
   */
  public LineSource(Path file) {
    this.file = file.toAbsolutePath().normalize();
  }

  @Override
  public SourceBinding binding() {
    return binding;
  }

  @Override
  public String name() {
    return "lines";
  }

  @Override
  public Optional<LinePosition> start() {
    return Optional.of(LinePosition.BEGINNING);
  }

  @Override
  public Connection<LogEvent, LinePosition> connect(Optional<LinePosition> after)
      throws IOException {
    return LineConnection.open(file, after.orElse(LinePosition.BEGINNING));
  }

  @Override
  public ErrorClassifier errors() {
    return error -> {
      if (error instanceof FileReplacedException) {
        return Optional.of(Verdict.positionLost());
      }
      // A missing or unreadable file may become readable later.
      return error instanceof IOException ? Optional.of(Verdict.retry()) : Optional.empty();
    };
  }

  @Override
  public Recovery<LogEvent, LinePosition> recover(LinePosition lost, Throwable cause) {
    return Recovery.restart(
        LinePosition.BEGINNING, new LogEvent.Gap(String.valueOf(cause.getMessage())));
  }

  @Override
  public BackoffPolicy backoff() {
    return BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5));
  }

  @Override
  public Checkpoint encode(LinePosition position) {
    String text = position.offset() + " " + Integer.toHexString(position.firstLine());
    return new Checkpoint(name(), file.toString(), text);
  }

  @Override
  public LinePosition decode(Checkpoint saved) throws CheckpointException {
    if (!saved.source().equals(name()) || !saved.fingerprint().equals(file.toString())) {
      throw CheckpointException.mismatch(
          "the checkpoint belongs to " + saved.fingerprint() + ", but the source reads " + file,
          null);
    }
    try {
      String[] parts = saved.position().split(" ", 2);
      return new LinePosition(Long.parseLong(parts[0]), Integer.parseUnsignedInt(parts[1], 16));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw CheckpointException.corrupt("not a position in a file: " + saved.position(), e);
    }
  }

  @Override
  public String toString() {
    return "LineSource[" + file + ']';
  }
}
// end::source
