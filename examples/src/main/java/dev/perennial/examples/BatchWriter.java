package dev.perennial.examples;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.StreamClosedException;
import java.time.Duration;
import java.util.List;

/** Takes events in batches, where one write for many is cheaper than one for each. */
final class BatchWriter {

  /** Where the events go. When it returns, they are safe. */
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
      // Somebody closed the stream: what was inserted is acked, and there is nothing left to do.
    }
  }
  // end::batch
}
