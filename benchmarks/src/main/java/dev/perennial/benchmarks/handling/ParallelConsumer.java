package dev.perennial.benchmarks.handling;

import io.confluent.parallelconsumer.ParallelConsumerOptions;
import io.confluent.parallelconsumer.ParallelConsumerOptions.CommitMode;
import io.confluent.parallelconsumer.ParallelConsumerOptions.ProcessingOrder;
import io.confluent.parallelconsumer.ParallelStreamProcessor;
import java.util.List;
import java.util.Locale;

/**
 * Confluent's parallel-consumer over a consumer without a broker.
 *
 * @param buffer its buffer of records, or 0 for its own choice, which grows while it runs
 * @param ahead how many records the consumer gives ahead of the handlers
 */
record ParallelConsumer(int buffer, int ahead) implements HandlingEngine {

  @Override
  public String title() {
    return buffer == 0
        ? "parallel-consumer, default buffer"
        : String.format(Locale.ROOT, "parallel-consumer, buffer %,d", buffer);
  }

  @Override
  public void run(Turn turn) throws InterruptedException {
    FedConsumer consumer = new FedConsumer(turn, ahead);
    ParallelStreamProcessor<Integer, String> processor =
        ParallelStreamProcessor.createEosStreamProcessor(
            ParallelConsumerOptions.<Integer, String>builder()
                .consumer(consumer)
                .ordering(ProcessingOrder.KEY)
                .maxConcurrency(turn.load().handlers())
                .messageBufferSize(buffer)
                // Asynchronous commits are the default, but the last one may be lost on close.
                .commitMode(CommitMode.PERIODIC_CONSUMER_SYNC)
                .build());
    processor.subscribe(List.of(FedConsumer.TOPIC));
    consumer.assignPartition();
    turn.begin();
    processor.poll(record -> {
      try {
        turn.handle();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    try {
      turn.await();
    } finally {
      processor.closeDrainFirst();
    }
    if (consumer.committedOffset() != turn.load().events()) {
      throw new IllegalStateException("Committed only up to " + consumer.committedOffset());
    }
  }
}
