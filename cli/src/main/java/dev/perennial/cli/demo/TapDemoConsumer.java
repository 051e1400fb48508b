package dev.perennial.cli.demo;

import dev.perennial.CloseReport;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.StreamStats;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.Transport;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The application of the demo on a simulated Tap: one thread pulls, a few others handle and ack.
 */
final class TapDemoConsumer implements AutoCloseable {

  private static final int WORKERS = 4;

  private final EventStream<TapEvent> stream;
  private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
  private final List<Delivery<TapEvent>> inHand = new ArrayList<>();
  private final Tally tally;

  TapDemoConsumer(String tap, Transport transport, Tally tally, StreamListener listener) {
    this.tally = tally;
    this.stream =
        EventStream.from(TapSource.of(tap, transport))
            // Impatient, so that the demo is short.
            .backoff(BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)))
            .listener(listener)
            .open();
  }

  /** Waits for an event, for a time. */
  Optional<Delivery<TapEvent>> next(Duration timeout) throws InterruptedException {
    return stream.next(timeout);
  }

  /** Gives an event to a worker, who acks it once it is handled. */
  void handle(Delivery<TapEvent> delivery) {
    workers.execute(() -> {
      TapKeys.of(delivery.event()).ifPresent(tally::handled);
      delivery.ack();
    });
  }

  /** Keeps an event for later. */
  void keep(Delivery<TapEvent> delivery) {
    inHand.add(delivery);
  }

  int inHand() {
    return inHand.size();
  }

  StreamState state() {
    return stream.state();
  }

  StreamStats stats() {
    return stream.stats();
  }

  /** Drops everything, as a program does that is killed. */
  CloseReport crash() {
    workers.shutdownNow();
    return stream.close(Duration.ZERO);
  }

  @Override
  public void close() {
    workers.shutdown();
    stream.close();
  }
}
