package dev.perennial.examples;

import dev.perennial.Checkpoints;
import dev.perennial.DeliveryHandler;
import dev.perennial.EventStream;
import dev.perennial.Handling;
import dev.perennial.deadletter.file.DeadLetterEvent;
import dev.perennial.deadletter.file.DeadLetterFile;
import dev.perennial.deadletter.file.DeadLetterSource;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.CheckpointStore;
import dev.perennial.source.tap.TapEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** Writes events whose handler failed to files, and handles them again. */
final class DeadLetters {

  private DeadLetters() {}

  // tag::write
  static void consume(
      EventStream<TapEvent> stream, DeliveryHandler<TapEvent> handler, Path directory)
      throws InterruptedException, IOException {
    try (DeadLetterFile<TapEvent> letters = DeadLetterFile.in(directory, TapEvent::rawText)) {
      stream.consume(
          handler,
          Handling.<TapEvent>inOrder()
              .retry(BackoffPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(10)), 3)
              .thenDeadLetter(letters));
    }
  }

  // end::write

  // tag::retry
  static void retry(Path directory, CheckpointStore store, Consumer<TapEvent> handler)
      throws InterruptedException {
    try (EventStream<DeadLetterEvent> stream =
        EventStream.from(DeadLetterSource.in(directory), Checkpoints.in(store, "dead-letters"))
            .open()) {
      stream.consume(
          delivery -> handler.accept(TapEvent.parse(delivery.event().letter().rawEvent())));
    }
  }
  // end::retry
}
