package dev.perennial.benchmarks.handling;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * A Kafka consumer without a broker: Kafka's mock, which gets its next records when it is polled.
 * If it has none to give, a poll blocks until its timeout or a wake-up, which the mock's own does
 * not.
 */
final class FedConsumer extends MockConsumer<Integer, String> {

  static final String TOPIC = "events";

  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

  /** Kafka's default of {@code max.poll.records}. */
  private static final int POLLED = 500;

  private final Turn turn;
  private final int ahead;
  private long next;
  private boolean woken;
  private long committedOffset;

  /**
   * @param ahead how many records it gives ahead of the handlers. Without a limit it is faster than
   *     any broker, and the engine, which pauses it at most once a second, would read everything
   */
  FedConsumer(Turn turn, int ahead) {
    super(OffsetResetStrategy.EARLIEST);
    this.turn = turn;
    this.ahead = ahead;
  }

  /** Assigns its only partition, as a broker does after a subscription. */
  void assignPartition() {
    updateBeginningOffsets(Map.of(PARTITION, 0L));
    rebalance(List.of(PARTITION));
  }

  @Override
  public synchronized ConsumerRecords<Integer, String> poll(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      boolean paused = !paused().isEmpty();
      if (!paused) {
        feed();
      }
      ConsumerRecords<Integer, String> records = super.poll(timeout);
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (!records.isEmpty() || woken || millis <= 0) {
        woken = false;
        return records;
      }
      try {
        // Only the handlers' progress, which tells nobody, makes room for more.
        wait(paused || next == turn.load().events() ? millis : 1);
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  private void feed() {
    long end = Math.min(Math.min(next + POLLED, turn.handled() + ahead), turn.load().events());
    for (; next < end; next++) {
      addRecord(new ConsumerRecord<>(TOPIC, 0, next, Load.key(next), ""));
    }
  }

  @Override
  public synchronized void wakeup() {
    woken = true;
    notifyAll();
  }

  @Override
  public synchronized void commitAsync(
      Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
    super.commitAsync(offsets, callback);
    committedOffset = offsets.getOrDefault(PARTITION, new OffsetAndMetadata(0)).offset();
  }

  synchronized long committedOffset() {
    return committedOffset;
  }
}
