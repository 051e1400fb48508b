package dev.perennial.deadletter.file;

import dev.perennial.deadletter.file.internal.FileOperations;
import dev.perennial.deadletter.file.internal.JacksonVersion;
import dev.perennial.deadletter.file.internal.SegmentWriter;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.support.IoErrors;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * A builder of a {@link DeadLetterFile}. Used by one thread.
 *
 * @param <E> the type of the events
 */
public final class DeadLetterFileBuilder<E> {

  private static final long DEFAULT_MAX_FILE_SIZE = 64L * 1024 * 1024;

  private final Path directory;
  private final Function<? super E, String> encode;
  private long maxFileSize = DEFAULT_MAX_FILE_SIZE;
  private StreamRuntime runtime = StreamRuntime.system();
  private FileOperations disk = FileOperations.REAL;

  DeadLetterFileBuilder(Path directory, Function<? super E, String> encode) {
    this.directory = directory.toAbsolutePath().normalize();
    this.encode = encode;
  }

  /**
   * Sets the largest size of a segment in bytes, at least 1: 64 MiB by default. A letter that is
   * larger has a segment of its own.
   */
  public DeadLetterFileBuilder<E> maxFileSize(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "maxFileSize() must be at least 1, but got " + bytes + ".");
    }
    this.maxFileSize = bytes;
    return this;
  }

  /** Sets the source of the time of day. The system's by default. */
  public DeadLetterFileBuilder<E> runtime(StreamRuntime runtime) {
    this.runtime = Objects.requireNonNull(runtime, "runtime");
    return this;
  }

  /** Sets the file operations, for tests. */
  DeadLetterFileBuilder<E> disk(FileOperations disk) {
    this.disk = disk;
    return this;
  }

  /**
   * Opens the sink; see {@link DeadLetterFile#in}.
   *
   * @throws IOException if the directory cannot be created or locked, or if another sink writes in
   *     it
   * @throws IllegalStateException if the version of Jackson is too old
   */
  public DeadLetterFile<E> open() throws IOException {
    JacksonVersion.require();
    Optional<SegmentWriter> writer;
    try {
      writer = SegmentWriter.open(directory, maxFileSize, disk);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(
          "Cannot open dead letters in %s: %s is not a directory. Choose another path, or move that file away."
              .formatted(directory, e.getFile()),
          e);
    } catch (IOException e) {
      throw new IOException(
          "Cannot open dead letters in %s: the directory cannot be created or locked (%s). Check its permissions and those of its parent."
              .formatted(directory, IoErrors.reason(e)),
          e);
    }
    return new DeadLetterFile<>(
        directory,
        encode,
        runtime,
        writer.orElseThrow(() ->
            new IOException(
                "Cannot open dead letters in %s: another DeadLetterFile writes there, in this process or another one. Close it, or use another directory."
                    .formatted(directory))));
  }
}
