package dev.perennial.examples;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import java.time.Duration;
import java.util.List;

/** Takes events in batches, because one write of many rows is cheaper than many writes. */
final class BatchWriter {

  /** A table that the events go into. They are stored when {@code insert} returns. */
  interface Table<E> {
    void insert(List<E> rows);
  }

  private BatchWriter() {}

  // tag::batch
  static <E> void run(EventStream<E> stream, Table<E> table) throws InterruptedException {
    try {
      while (true) {
        Batch<E> batch = stream.poll(500, Duration.ofSeconds(1));
        if (!batch.isEmpty()) {
          table.insert(batch.deliveries().stream().map(Delivery::event).toList());
          batch.ack();
        }
      }
    } catch (StreamClosedException closed) {
      // The stream was closed. All inserted events are acked.
    }
  }
  // end::batch
}
