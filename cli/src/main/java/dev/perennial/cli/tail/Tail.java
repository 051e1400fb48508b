package dev.perennial.cli.tail;

import dev.perennial.Batch;
import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import dev.perennial.StreamEndedException;
import dev.perennial.StreamFailedException;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
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
 * Prints a stream's events and acks them once they are printed. Closes the stream and reports what
 * stayed unacked, also when the JVM shuts down.
 *
 * @param <E> the type of the events
 */
final class Tail<E> implements AutoCloseable {

  private static final int BATCH = 256;
  private static final Duration POLL_TIMEOUT = Duration.ofSeconds(1);

  /** How long a close waits for the batch that is being printed and acked. */
  private static final Duration LAST_BATCH_TIMEOUT = Duration.ofSeconds(1);

  private final EventStream<E> stream;
  private final Function<E, String> format;
  private final long max;
  private final boolean acks;
  private final BufferedWriter out = new BufferedWriter(Terminal.output());
  private final Consumer<String> messages;

  /** Held while a batch is printed and acked; fair, so that a closing thread gets its turn. */
  private final ReentrantLock printing = new ReentrantLock(true);

  private final Object closing = new Object();
  private boolean closed;
  private volatile boolean stopped;
  private volatile boolean started;

  /** Whether the output could not be written, so that a batch may be printed in part. */
  private volatile boolean broken;

  private final AtomicLong printed = new AtomicLong();

  /**
   * @param format formats an event as one line
   * @param max the number of events to print
   * @param acks whether events are acked
   * @param messages receives the summary
   */
  Tail(
      EventStream<E> stream,
      Function<E, String> format,
      long max,
      boolean acks,
      Consumer<String> messages) {
    this.stream = stream;
    this.format = format;
    this.max = max;
    this.acks = acks;
    this.messages = messages;
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "tail-close"));
  }

  /**
   * Connects and prints events until the end, and returns the exit status.
   *
   * @param timeout how long connecting may take
   * @param failures explains errors
   * @param observer takes each printed batch and, while no event comes, an empty one each second
   */
  int run(Duration timeout, FailureExplainer failures, Consumer<Batch<E>> observer)
      throws CommandFailedException, InterruptedException {
    try {
      stream.awaitLive(timeout);
      started = true;
      while (printed.get() < max) {
        Batch<E> batch = stream.poll((int) Math.min(BATCH, max - printed.get()), POLL_TIMEOUT);
        print(batch);
        observer.accept(batch);
      }
    } catch (TimeoutException e) {
      throw failures.notLive(stream.state(), timeout, e);
    } catch (StreamClosedException | StreamEndedException e) {
      // The JVM shuts down, or the source has ended.
    } catch (StreamFailedException e) {
      throw failures.explain(e);
    } catch (IOException e) {
      broken = true;
      if (Terminal.isOutputClosed(e)) {
        return ExitStatus.OUTPUT_CLOSED;
      }
      throw new CommandFailedException(
          ExitStatus.FAILED, "Cannot write the events to stdout: " + e.getMessage(), e);
    }
    return 0;
  }

  /**
   * Prints and acks a batch.
   *
   * @throws IOException if part of the batch could not be printed; none of it is acked
   */
  private void print(Batch<E> batch) throws IOException {
    if (batch.isEmpty()) {
      return;
    }
    printing.lock();
    try {
      if (stopped) {
        return; // A batch that came before the stream was closed stays unacked.
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

  /** Closes the stream and reports what stayed unacked. Idempotent. */
  @Override
  public void close() {
    synchronized (closing) {
      if (closed) {
        return;
      }
      closed = true;
      boolean idle = awaitLastBatch();
      stopped = true;
      CloseReport report = stream.close(EventStream.DEFAULT_CLOSE_TIMEOUT);
      if (idle) {
        printing.unlock();
      }
      if (started) {
        messages.accept(summary(report));
      }
    }
  }

  private boolean awaitLastBatch() {
    try {
      return printing.tryLock(LAST_BATCH_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
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
