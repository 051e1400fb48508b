package dev.perennial.benchmarks.tap;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.DeliveryHandler;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.benchmarks.measure.Client;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapRecord;
import dev.perennial.source.tap.TapSource;
import dev.perennial.transport.netty.NettyTransport;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;

/** Perennial, with everything it has by default. */
final class StreamClient implements Client {

  /** Reads events from a stream, and returns their checksum. */
  interface Reader {
    long read(EventStream<TapEvent> stream, int events) throws InterruptedException;
  }

  private static final int BATCH = 500;
  private static final int HANDLERS = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final NettyTransport transport = NettyTransport.create();
  private final String server;
  private final Reader reader;

  StreamClient(String server, Reader reader) {
    this.server = server;
    this.reader = reader;
  }

  /** Closing the stream sends the last acks. */
  @Override
  public long read(int events) throws InterruptedException {
    try (EventStream<TapEvent> stream = EventStream.from(TapSource.of(server, transport)).open()) {
      return reader.read(stream, events);
    }
  }

  static long next(EventStream<TapEvent> stream, int events) throws InterruptedException {
    Checksum checksum = new Checksum();
    for (int i = 0; i < events; i++) {
      Delivery<TapEvent> delivery = stream.next();
      handle(delivery.event(), checksum);
      delivery.ack();
    }
    return checksum.sum();
  }

  static long poll(EventStream<TapEvent> stream, int events) throws InterruptedException {
    Checksum checksum = new Checksum();
    int handled = 0;
    while (handled < events) {
      Batch<TapEvent> batch = stream.poll(BATCH, PATIENCE);
      for (Delivery<TapEvent> delivery : batch.deliveries()) {
        handle(delivery.event(), checksum);
        delivery.ack();
      }
      handled += batch.size();
    }
    return checksum.sum();
  }

  private static void handle(TapEvent event, Checksum checksum) {
    TapRecord record = (TapRecord) event;
    checksum.handle(record.did(), record.collection());
  }

  static long consume(EventStream<TapEvent> stream, int events) throws InterruptedException {
    Checksum checksum = new Checksum();
    CountDownLatch left = new CountDownLatch(1);
    int[] handled = {0};
    consume(
        stream,
        left,
        delivery -> {
          handle(delivery.event(), checksum);
          if (++handled[0] == events) {
            left.countDown();
          }
        },
        Handling.inOrder());
    return checksum.sum();
  }

  static long consumePerRepo(EventStream<TapEvent> stream, int events) throws InterruptedException {
    LongAdder sum = new LongAdder();
    CountDownLatch left = new CountDownLatch(events);
    consume(
        stream,
        left,
        delivery -> {
          TapRecord record = (TapRecord) delivery.event();
          sum.add(Checksum.of(record.did(), record.collection()));
          left.countDown();
        },
        Handling.inOrderPerKey(TapEvent::did, HANDLERS));
    return sum.sum();
  }

  /** Another thread closes the stream after the last event, because a handler must not wait. */
  private static void consume(
      EventStream<TapEvent> stream,
      CountDownLatch left,
      DeliveryHandler<TapEvent> handler,
      Handling<TapEvent> handling)
      throws InterruptedException {
    Thread closer =
        new Thread(() -> {
          try {
            left.await();
            stream.close();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    closer.start();
    stream.consume(handler, handling);
    closer.join();
  }

  @Override
  public void close() {
    transport.close();
  }
}
