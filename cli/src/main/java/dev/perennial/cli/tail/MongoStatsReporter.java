package dev.perennial.cli.tail;

import dev.perennial.Batch;
import dev.perennial.Delivery;
import dev.perennial.StreamListener;
import dev.perennial.port.Position;
import dev.perennial.source.mongo.ChangeEvent;
import dev.perennial.source.mongo.MongoPosition;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.bson.BsonTimestamp;

/**
 * Reports every 5 s how many events come and how far the stream is behind the cluster. The lag is
 * the newest cluster time in any reply of the server minus the time of the newest position that was
 * printed or saved.
 */
final class MongoStatsReporter implements StreamListener {

  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final Supplier<Optional<BsonTimestamp>> clusterTime;
  private final LongSupplier nanoTime;
  private final Consumer<String> messages;

  private final long begin;
  private long total;

  /** The time of the last report, and the number of events until then. */
  private long reportedAt;

  private long reportedTotal;

  /** The time of the newest position in seconds since 1970; -1 if there is none yet. */
  private final AtomicLong reached = new AtomicLong(-1);

  /**
   * @param clusterTime supplies the newest known cluster time
   * @param nanoTime a clock, in nanoseconds
   * @param messages receives the reports
   */
  MongoStatsReporter(
      Supplier<Optional<BsonTimestamp>> clusterTime,
      LongSupplier nanoTime,
      Consumer<String> messages) {
    this.clusterTime = clusterTime;
    this.nanoTime = nanoTime;
    this.messages = messages;
    this.begin = nanoTime.getAsLong();
    this.reportedAt = begin;
  }

  /** Called after each printed batch and, while no event comes, each second with an empty one. */
  void onBatch(Batch<ChangeEvent> batch) {
    total += batch.size();
    if (!batch.isEmpty()) {
      Delivery<ChangeEvent> last = batch.deliveries().get(batch.size() - 1);
      reach(last.position());
    }
    long now = nanoTime.getAsLong();
    if (now - reportedAt >= INTERVAL.toNanos()) {
      report(total - reportedTotal, now - reportedAt);
      reportedAt = now;
      reportedTotal = total;
    }
  }

  /** Reports the totals at the end. */
  void reportTotals() {
    report(total, nanoTime.getAsLong() - begin);
  }

  /** Saves also tell the progress of a stream without events. */
  @Override
  public void onCheckpointSaved(CheckpointSaved saved) {
    reach(saved.position());
  }

  private void reach(Position position) {
    if (position instanceof MongoPosition mongo) {
      mongo.clusterTime().ifPresent(time -> reached.accumulateAndGet(seconds(time), Math::max));
    }
  }

  private void report(long events, long nanos) {
    messages.accept(
        String.format(
            Locale.ROOT,
            "%,d events, %,.1f/s in the last %,.1f s, %s",
            total,
            events * 1e9 / Math.max(1, nanos),
            nanos / 1e9,
            lag()));
  }

  private String lag() {
    long at = reached.get();
    Optional<BsonTimestamp> newest = clusterTime.get();
    if (at < 0 || newest.isEmpty()) {
      return "lag not yet known";
    }
    return String.format(
        Locale.ROOT, "%,d s behind the cluster", Math.max(0, seconds(newest.get()) - at));
  }

  /** Returns the seconds, which are unsigned. */
  private static long seconds(BsonTimestamp time) {
    return Integer.toUnsignedLong(time.getTime());
  }
}
