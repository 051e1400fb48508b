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

/** The consumer of the Tap demo: one thread pulls, a few worker threads handle and ack. */
final class TapDemoConsumer implements AutoCloseable {

  private static final int WORKERS = 4;

  private final EventStream<TapEvent> stream;
  private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
  private final List<Delivery<TapEvent>> inFlight = new ArrayList<>();
  private final HandledEvents handledEvents;

  TapDemoConsumer(
      String tap, Transport transport, HandledEvents handledEvents, StreamListener listener) {
    this.handledEvents = handledEvents;
    this.stream =
        EventStream.from(TapSource.of(tap, transport))
            // Short delays, so that the demo is short.
            .backoff(BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)))
            .listener(listener)
            .open();
  }

  /** Waits for an event; empty after the timeout. */
  Optional<Delivery<TapEvent>> next(Duration timeout) throws InterruptedException {
    return stream.next(timeout);
  }

  /** Hands an event to a worker thread, which handles and then acks it. */
  void handle(Delivery<TapEvent> delivery) {
    workers.execute(() -> {
      TapEventKeys.of(delivery.event()).ifPresent(handledEvents::add);
      delivery.ack();
    });
  }

  /** Keeps an event unhandled and unacked. */
  void keep(Delivery<TapEvent> delivery) {
    inFlight.add(delivery);
  }

  int inFlight() {
    return inFlight.size();
  }

  StreamState state() {
    return stream.state();
  }

  StreamStats stats() {
    return stream.stats();
  }

  /** Drops all events in flight, as a killed program does. */
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
