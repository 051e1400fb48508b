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
 * Says from time to time how many events come, and how far the stream is behind the cluster: the
 * newest cluster time in any answer of the server, less the time of the newest position that is
 * printed or, where nothing was to be printed, passed.
 */
final class MongoStats implements StreamListener {

  private static final Duration EVERY = Duration.ofSeconds(5);

  private final Supplier<Optional<BsonTimestamp>> clusterTime;
  private final LongSupplier nanoTime;
  private final Consumer<String> notes;

  private final long begin;
  private long total;

  /** When figures were last said, and how many events had come by then. */
  private long saidAt;

  private long saidTotal;

  /** The time of the newest position, in seconds since 1970; -1 before the first. */
  private final AtomicLong reached = new AtomicLong(-1);

  /**
   * @param clusterTime the newest that is known
   * @param nanoTime a clock
   * @param notes where to say it
   */
  MongoStats(
      Supplier<Optional<BsonTimestamp>> clusterTime,
      LongSupplier nanoTime,
      Consumer<String> notes) {
    this.clusterTime = clusterTime;
    this.nanoTime = nanoTime;
    this.notes = notes;
    this.begin = nanoTime.getAsLong();
    this.saidAt = begin;
  }

  /** A batch was printed; an empty one says that time passes. */
  void saw(Batch<ChangeEvent> batch) {
    total += batch.size();
    if (!batch.isEmpty()) {
      Delivery<ChangeEvent> last = batch.deliveries().get(batch.size() - 1);
      reach(last.position());
    }
    long now = nanoTime.getAsLong();
    if (now - saidAt >= EVERY.toNanos()) {
      say(total - saidTotal, now - saidAt);
      saidAt = now;
      saidTotal = total;
    }
  }

  /** Says how it was on the whole. */
  void end() {
    say(total, nanoTime.getAsLong() - begin);
  }

  /** Of a stream that gets no event, too. */
  @Override
  public void onCheckpointSaved(CheckpointSaved saved) {
    reach(saved.position());
  }

  private void reach(Position position) {
    if (position instanceof MongoPosition mongo) {
      mongo.clusterTime().ifPresent(time -> reached.accumulateAndGet(seconds(time), Math::max));
    }
  }

  private void say(long events, long nanos) {
    notes.accept(
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
      return "lag not known yet";
    }
    return String.format(
        Locale.ROOT, "%,d s behind the cluster", Math.max(0, seconds(newest.get()) - at));
  }

  /** Which are unsigned. */
  private static long seconds(BsonTimestamp time) {
    return Integer.toUnsignedLong(time.getTime());
  }
}
