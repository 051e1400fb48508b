package dev.perennial.examples;

import dev.perennial.Batch;
import dev.perennial.DeadLetterSink;
import dev.perennial.Delivery;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.source.tap.TapEvent;
import java.sql.SQLIntegrityConstraintViolationException;
import java.time.Duration;

/** Ways to handle events of which some fail. */
final class Indexer {

  private static final BackoffPolicy BACKOFF =
      BackoffPolicy.exponential(Duration.ofMillis(200), Duration.ofSeconds(30));

  /** An index that may be unavailable, or refuse an event. */
  interface Index {
    void put(TapEvent event) throws Exception;

    void putAll(Batch<TapEvent> events) throws Exception;
  }

  private Indexer() {}

  static void perRepo(
      EventStream<TapEvent> stream, Index index, DeadLetterSink<TapEvent> deadLetters)
      throws InterruptedException {
    // tag::per-key
    stream.consume(
        delivery -> index.put(delivery.event()),
        Handling.<TapEvent>inOrderPerKey(event -> event.did(), 16)
            .retry(BACKOFF, 8)
            .retryIf(error -> !(error instanceof SQLIntegrityConstraintViolationException))
            .thenDeadLetter(deadLetters));
    // end::per-key
  }

  static void inOrder(EventStream<TapEvent> stream, Index index) throws InterruptedException {
    // tag::in-order
    stream.consume(
        delivery -> index.put(delivery.event()),
        Handling.<TapEvent>inOrder().retryForever(BACKOFF));
    // end::in-order
  }

  static void batches(
      EventStream<TapEvent> stream, Index index, DeadLetterSink<TapEvent> deadLetters)
      throws InterruptedException {
    // tag::batches
    stream.consumeBatches(
        500,
        Duration.ofMillis(200),
        batch -> index.putAll(batch),
        Handling.<TapEvent>inOrderPerKey(event -> event.did(), 4)
            .retry(BACKOFF, 5)
            .thenDeadLetter(deadLetters));
    // end::batches
  }

  static void quarantined(
      EventStream<TapEvent> stream, Index index, DeadLetterSink<TapEvent> deadLetters)
      throws InterruptedException {
    // tag::quarantine
    stream.consume(
        delivery -> index.put(delivery.event()),
        Handling.<TapEvent>inOrderPerKey(event -> event.did(), 16)
            .retry(BACKOFF, 8)
            .thenDeadLetter(deadLetters)
            .quarantineKey());
    // end::quarantine
  }

  /** Tells an operator about an attempt. */
  static String describe(Delivery<TapEvent> delivery) {
    return delivery.position()
        + ", attempt "
        + delivery.attempt()
        + delivery.lastError().map(error -> ", after " + error).orElse("");
  }
}
