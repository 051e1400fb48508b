package dev.perennial.deadletter.file;

import dev.perennial.DeadLetterSink;
import dev.perennial.Delivery;
import dev.perennial.deadletter.file.internal.ErrorText;
import dev.perennial.deadletter.file.internal.Letter;
import dev.perennial.deadletter.file.internal.LetterFormat;
import dev.perennial.deadletter.file.internal.SegmentWriter;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.support.IoErrors;
import dev.perennial.port.support.LogText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A dead letter sink that appends to files in a directory of a local file system. A {@link
 * DeadLetterSource} or {@code perennial deadletter} reads them.
 *
 * <p>A dead letter is one line, a JSON object: the time, the event's position and checkpoint, the
 * number of attempts, the error with its stack trace, and the event as text. The files are called
 * <em>segments</em>; their names contain the time at which they were begun, and sort by it. The
 * sink begins a new one when it is opened, when the last one is full, and after a failed write, so
 * half a line can only be at the end of a segment. It never reads, changes or deletes an older
 * segment: delete those that are handled, as whole files. A letter is not lost if its segment is
 * deleted while it is written.
 *
 * <p>One sink at a time writes in a directory, which holds a lock file for that. The lock ends with
 * the process, however that ends; the file stays. Network file systems do not guarantee this: use a
 * local file system.
 *
 * <p>Safe for use from any thread. An interrupt does not disturb a write.
 *
 * @param <E> the type of the events
 */
public final class DeadLetterFile<E> implements DeadLetterSink<E>, AutoCloseable {

  private final Path directory;
  private final Function<? super E, String> encode;
  private final StreamRuntime runtime;

  /** Held during a write. Not a monitor, which would pin a virtual thread to its carrier. */
  private final ReentrantLock writing = new ReentrantLock();

  private final SegmentWriter writer;
  private boolean closed;

  DeadLetterFile(
      Path directory,
      Function<? super E, String> encode,
      StreamRuntime runtime,
      SegmentWriter writer) {
    this.directory = directory;
    this.encode = encode;
    this.runtime = runtime;
    this.writer = writer;
  }

  /**
   * Opens the sink of a directory, with the default settings. Creates the directory and its missing
   * parents.
   *
   * @param encode returns the text of an event, from which the application can make the event
   *     again; called by the threads that call {@code accept}
   * @throws IOException if the directory cannot be created or locked, or if another sink writes in
   *     it, in this process or another one
   */
  public static <E> DeadLetterFile<E> in(Path directory, Function<? super E, String> encode)
      throws IOException {
    return DeadLetterFile.<E>builder(directory, encode).open();
  }

  /** Makes a builder with the default settings; see {@link #in}. */
  public static <E> DeadLetterFileBuilder<E> builder(
      Path directory, Function<? super E, String> encode) {
    return new DeadLetterFileBuilder<>(
        Objects.requireNonNull(directory, "directory"), Objects.requireNonNull(encode, "encode"));
  }

  /**
   * Writes a dead letter. When it returns, the letter is durable.
   *
   * @throws IOException if it could not be written, for example because the disk is full; a later
   *     call may succeed
   * @throws IllegalStateException if the sink is closed, or the event could not be encoded
   */
  @Override
  public void accept(Delivery<E> delivery, Throwable error) throws IOException {
    String position = delivery.position().toString();
    Instant now = runtime.now();
    byte[] line =
        LetterFormat.encode(
            new Letter(
                now,
                position,
                delivery.checkpoint(),
                delivery.attempt(),
                ErrorText.of(error),
                text(delivery.event(), position)));
    writing.lock();
    try {
      if (closed) {
        throw new IllegalStateException(
            failure(position) + "the sink is closed. Close it after the stream.");
      }
      writer.append(line, now);
    } catch (IOException e) {
      throw new IOException(
          failure(position)
              + IoErrors.reason(e)
              + ". Check the directory and the space on its disk; the event is not stored.",
          e);
    } finally {
      writing.unlock();
    }
  }

  private String text(E event, String position) {
    String text;
    try {
      text = encode.apply(event);
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          failure(position)
              + "its function \"encode\" failed with "
              + LogText.reason(e)
              + ". Let it encode every event.",
          e);
    }
    if (text == null) {
      throw new IllegalStateException(
          failure(position) + "its function \"encode\" returned null. Let it encode every event.");
    }
    return text;
  }

  private String failure(String position) {
    return "Cannot write the dead letter of " + LogText.brief(position) + " in " + directory + ": ";
  }

  /**
   * Releases the directory, after the letter that is being written. Later calls of {@code accept}
   * fail. Idempotent.
   */
  @Override
  public void close() throws IOException {
    writing.lock();
    try {
      if (!closed) {
        closed = true;
        writer.close();
      }
    } finally {
      writing.unlock();
    }
  }

  @Override
  public String toString() {
    return "DeadLetterFile[" + directory + ']';
  }
}
