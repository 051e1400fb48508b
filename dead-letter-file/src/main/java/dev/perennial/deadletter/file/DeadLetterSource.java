package dev.perennial.deadletter.file;

import dev.perennial.deadletter.file.internal.JacksonVersion;
import dev.perennial.deadletter.file.internal.PositionGoneException;
import dev.perennial.deadletter.file.internal.Segments;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.ClientTrackedSource;
import dev.perennial.port.Connection;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Malformed;
import dev.perennial.port.Recovery;
import dev.perennial.port.SourceBinding;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.LogText;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * A source of the dead letters that a {@link DeadLetterFile} has written in a directory, from the
 * oldest to the newest. A stream over it handles them again, with acks and a checkpoint.
 *
 * <p>Only complete lines count. A line that is no dead letter, or that is too long, is a {@link
 * MalformedDeadLetter}. The sink may write in the directory meanwhile, in this process or another.
 *
 * <p>Segments that are handled may be deleted, as whole files. A stream whose segment is gone
 * continues with the oldest segment that is newer. If the files changed in another way, so that the
 * position is lost, letters repeat rather than being skipped: if a segment was replaced or
 * truncated, the stream reads it from its beginning; if all segments are older than the position,
 * it reads them all.
 *
 * <p>The setters return a new source and leave this one as it is. Each source is for one stream.
 */
public final class DeadLetterSource
    implements ClientTrackedSource<DeadLetterEvent, DeadLetterPosition> {

  /** 128 MiB: a Tap message of 16 MiB fits even if each byte takes an escape of six. */
  private static final int DEFAULT_MAX_LETTER_SIZE = 128 * 1024 * 1024;

  private static final int LARGEST_MAX_LETTER_SIZE = 1024 * 1024 * 1024;

  private final Path directory;
  private final boolean follows;
  private final int maxLetterSize;
  private final StreamRuntime runtime;
  private final SourceBinding binding = new SourceBinding();

  private DeadLetterSource(
      Path directory, boolean follows, int maxLetterSize, StreamRuntime runtime) {
    this.directory = directory;
    this.follows = follows;
    this.maxLetterSize = maxLetterSize;
    this.runtime = runtime;
  }

  /**
   * Makes a source that ends when it has read all letters. A directory that does not exist is an
   * error.
   *
   * @throws IllegalStateException if the version of Jackson is too old
   */
  public static DeadLetterSource in(Path directory) {
    JacksonVersion.require();
    return new DeadLetterSource(
        directory.toAbsolutePath().normalize(),
        false,
        DEFAULT_MAX_LETTER_SIZE,
        StreamRuntime.system());
  }

  /**
   * Lets the source wait for more letters instead of ending. It looks for them every 250 ms, and
   * waits for the directory if that does not exist.
   */
  public DeadLetterSource follow() {
    return new DeadLetterSource(directory, true, maxLetterSize, runtime);
  }

  /**
   * Sets the size of the longest line to read whole, in bytes, from 4 KiB to 1 GiB: 128 MiB by
   * default. This limits the memory that a letter takes. A longer line is a {@link
   * MalformedDeadLetter} with its first 4 KiB, and stays in the file.
   */
  public DeadLetterSource maxLetterSize(int bytes) {
    if (bytes < Malformed.RAW_LIMIT || bytes > LARGEST_MAX_LETTER_SIZE) {
      throw new IllegalArgumentException(
          "maxLetterSize() must be from %d to %d, but got %d."
              .formatted(Malformed.RAW_LIMIT, LARGEST_MAX_LETTER_SIZE, bytes));
    }
    return new DeadLetterSource(directory, follows, bytes, runtime);
  }

  /** Sets what the source waits with. The system's by default. */
  public DeadLetterSource runtime(StreamRuntime runtime) {
    return new DeadLetterSource(
        directory, follows, maxLetterSize, Objects.requireNonNull(runtime, "runtime"));
  }

  @Override
  public String name() {
    return "dead-letters";
  }

  @Override
  public SourceBinding binding() {
    return binding;
  }

  @Override
  public Optional<DeadLetterPosition> start() {
    return Optional.of(DeadLetterPosition.BEGINNING);
  }

  @Override
  public Connection<DeadLetterEvent, DeadLetterPosition> connect(Optional<DeadLetterPosition> after)
      throws IOException {
    if (!follows && Files.notExists(directory)) {
      throw new NoSuchFileException(
          directory.toString(), null, "the directory of the dead letters does not exist");
    }
    return DeadLetterConnection.open(
        directory,
        follows,
        maxLetterSize,
        runtime.newSignal(),
        after.orElse(DeadLetterPosition.BEGINNING));
  }

  @Override
  public ErrorClassifier errors() {
    return error -> {
      if (error instanceof PositionGoneException) {
        return Optional.of(Verdict.positionLost());
      }
      if (error instanceof NoSuchFileException
          || error instanceof NotDirectoryException
          || error instanceof AccessDeniedException) {
        return Optional.of(Verdict.refused());
      }
      return error instanceof IOException ? Optional.of(Verdict.retry()) : Optional.empty();
    };
  }

  @Override
  public Recovery<DeadLetterEvent, DeadLetterPosition> recover(
      DeadLetterPosition lost, Throwable cause) {
    boolean exists = Files.exists(Segments.file(directory, lost.segment()));
    return Recovery.restart(
        exists ? new DeadLetterPosition(lost.segment(), 0, null) : DeadLetterPosition.BEGINNING);
  }

  @Override
  public Checkpoint encode(DeadLetterPosition position) {
    return new Checkpoint(name(), directory.toString(), position.toString());
  }

  @Override
  public DeadLetterPosition decode(Checkpoint saved) throws CheckpointException {
    if (!saved.source().equals(name()) || !saved.fingerprint().equals(directory.toString())) {
      throw CheckpointException.mismatch(
          "the checkpoint belongs to \"%s\" of %s, but the source reads %s"
              .formatted(
                  LogText.brief(saved.fingerprint()), LogText.brief(saved.source()), directory),
          null);
    }
    return DeadLetterPosition.parse(saved.position())
        .orElseThrow(() ->
            CheckpointException.corrupt(
                "not a position of a dead letter: " + LogText.brief(saved.position()), null));
  }

  @Override
  public String toString() {
    return "DeadLetterSource[" + directory + ']';
  }
}
