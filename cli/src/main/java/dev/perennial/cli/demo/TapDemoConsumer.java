package dev.perennial.cli.demo;

import dev.perennial.CloseReport;
import dev.perennial.DeliveryHandler;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.StreamStats;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.deadletter.file.DeadLetterFile;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Transport;
import dev.perennial.port.support.LogText;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The consumer of the Tap demo: one thread pulls, several handlers run at once, and events that
 * fail for good become dead letters in a file.
 */
final class TapDemoConsumer implements AutoCloseable {

  private static final int HANDLERS = 16;

  /** Small, so that faults come while events are on their way and not only in the window. */
  private static final int WINDOW = 128;

  private final DeadLetterFile<TapEvent> deadLetters;
  private final EventStream<TapEvent> stream;
  private final FutureTask<StreamState> consuming;

  /**
   * Starts to consume.
   *
   * @param deadLetters the directory of the dead letters
   */
  TapDemoConsumer(
      String tap,
      Transport transport,
      DeliveryHandler<TapEvent> handler,
      Path deadLetters,
      StreamListener listener)
      throws IOException {
    this.deadLetters = DeadLetterFile.in(deadLetters, TapEvent::rawText);
    this.stream =
        EventStream.from(TapSource.of(tap, transport))
            // Short delays, so that the demo is short.
            .backoff(BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)))
            .window(WINDOW)
            .listener(listener)
            .open();
    this.consuming =
        new FutureTask<>(() -> {
          stream.consume(
              handler,
              Handling.<TapEvent>inOrderPerKey(event -> event.did(), HANDLERS)
                  .retry(UnreliableService.RETRY, UnreliableService.ATTEMPTS)
                  .thenDeadLetter(this.deadLetters));
          return stream.state();
        });
    Thread thread = new Thread(consuming, "consumer");
    thread.setDaemon(true);
    thread.start();
  }

  /** Checks that the stream has not failed. */
  void check() throws InterruptedException, CommandFailedException {
    if (!consuming.isDone()) {
      return;
    }
    try {
      consuming.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new CommandFailedException(
          ExitStatus.FAILED, "the demo's stream has failed: " + LogText.reason(cause), cause);
    }
  }

  StreamState state() {
    return stream.state();
  }

  StreamStats stats() {
    return stream.stats();
  }

  /** Drops all events in flight, as a killed program does. */
  CloseReport crash() {
    return stream.close(Duration.ZERO);
  }

  @Override
  public void close() throws IOException {
    stream.close();
    deadLetters.close();
  }
}
