package dev.perennial.cli.tail;

import dev.perennial.Batch;
import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Failure;
import dev.perennial.cli.console.Terminal;
import java.io.BufferedWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Prints a stream's events, and acks them once they are printed. Closes the stream and says what
 * stayed unacked, also when the program is told to end.
 *
 * @param <E> the type of the events
 */
final class Tail<E> implements AutoCloseable {

  private static final int BATCH = 256;
  private static final Duration WATCH_EVERY = Duration.ofSeconds(1);

  /** How long an end waits until what is being printed is printed and acked. */
  private static final Duration LAST_BATCH = Duration.ofSeconds(1);

  private final EventStream<E> stream;
  private final Function<E, String> format;
  private final long max;
  private final boolean acks;
  private final BufferedWriter out = new BufferedWriter(Terminal.output());
  private final Consumer<String> notes;

  /** Held while a batch is printed and acked; fair, so that who wants to close gets its turn. */
  private final ReentrantLock printing = new ReentrantLock(true);

  private final Object closing = new Object();
  private boolean closed;
  private volatile boolean over;
  private volatile boolean started;

  /** Whether the output cannot be written, so that part of a batch may have been printed. */
  private volatile boolean broken;

  private final AtomicLong printed = new AtomicLong();

  /**
   * @param format an event as one line
   * @param max after how many events to stop
   * @param acks whether events are acked
   * @param notes where to say what stayed unacked
   */
  Tail(
      EventStream<E> stream,
      Function<E, String> format,
      long max,
      boolean acks,
      Consumer<String> notes) {
    this.stream = stream;
    this.format = format;
    this.max = max;
    this.acks = acks;
    this.notes = notes;
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "tail-close"));
  }

  /**
   * Connects, prints until there is nothing more to print, and says what to exit with.
   *
   * @param patience how long connecting may take
   * @param failures says what went wrong
   * @param watcher is shown each batch that was printed and, while nothing comes, an empty one each
   *     second
   */
  int run(Duration patience, TailFailures failures, Consumer<Batch<E>> watcher)
      throws Failure, InterruptedException {
    try {
      stream.awaitLive(patience);
      started = true;
      while (printed.get() < max) {
        Batch<E> batch = stream.poll((int) Math.min(BATCH, max - printed.get()), WATCH_EVERY);
        print(batch);
        watcher.accept(batch);
      }
    } catch (TimeoutException e) {
      throw failures.notLive(stream.state(), patience, e);
    } catch (StreamClosedException | StreamEndedException e) {
      // Closed by the end of the program, or the source is complete.
    } catch (StreamException e) {
      throw failures.explain(e);
    } catch (IOException e) {
      broken = true;
      if (Terminal.isUnread(e)) {
        return ExitStatus.UNREAD;
      }
      throw new Failure(
          ExitStatus.FAILED, "the events could not be written to the output: " + e.getMessage(), e);
    }
    return 0;
  }

  /**
   * Prints and acks.
   *
   * @throws IOException if not all could be printed, so that nothing is acked
   */
  private void print(Batch<E> batch) throws IOException {
    if (batch.isEmpty()) {
      return;
    }
    printing.lock();
    try {
      if (over) {
        return; // What came between the end and the close stays unacked.
      }
      for (Delivery<E> delivery : batch) {
        out.write(format.apply(delivery.event()));
        out.newLine();
      }
      out.flush();
      printed.addAndGet(batch.size());
      batch.ack();
    } finally {
      printing.unlock();
    }
  }

  /** Closes the stream and says what stayed unacked. Idempotent. */
  @Override
  public void close() {
    synchronized (closing) {
      if (closed) {
        return;
      }
      closed = true;
      boolean idle = awaitLastBatch();
      over = true;
      CloseReport report = stream.close(EventStream.DEFAULT_CLOSE_TIMEOUT);
      if (idle) {
        printing.unlock();
      }
      if (started) {
        notes.accept(summary(report));
      }
    }
  }

  private boolean awaitLastBatch() {
    try {
      return printing.tryLock(LAST_BATCH.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private String summary(CloseReport report) {
    StringBuilder line = new StringBuilder();
    line.append("closed: ").append(broken && !acks ? "at least " : "").append(printed.get());
    line.append(broken && acks ? " events acked, " : " events printed, ");
    line.append(acks ? report.unacked() : printed.get()).append(" stayed unacked");
    if (!acks) {
      line.append(" (--no-ack)");
    }
    report.oldestUnacked().ifPresent(oldest -> line.append(", the oldest ").append(oldest));
    if (report.unsent() > 0) {
      line.append("; ").append(report.unsent()).append(" acks were not sent");
    }
    return line.toString();
  }
}
