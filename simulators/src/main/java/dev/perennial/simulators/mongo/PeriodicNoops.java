package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.storage.Change;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Writes a no-op entry now and then, when nothing else was written meanwhile, as the server's
 * {@code noop_writer.cpp} does.
 */
final class PeriodicNoops implements AutoCloseable {

  private final ReplicaSet set;
  private final @Nullable ScheduledExecutorService timer;
  private @Nullable BsonTimestamp seen;

  /**
   * @param interval zero for never
   */
  PeriodicNoops(ReplicaSet set, Duration interval) {
    this.set = set;
    if (interval.isZero()) {
      timer = null;
      return;
    }
    timer =
        Executors.newSingleThreadScheduledExecutor(task -> {
          Thread thread = new Thread(task, "mongo-simulator-noops");
          thread.setDaemon(true);
          return thread;
        });
    long nanos = interval.toNanos();
    timer.scheduleWithFixedDelay(this::write, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  private void write() {
    set.lock()
        .change(() -> {
          BsonTimestamp last = set.oplog().lastTime();
          seen = last.equals(seen) ? set.oplog().append(Change.noop()) : last;
        });
  }

  @Override
  public void close() {
    if (timer != null) {
      timer.shutdownNow();
    }
  }
}
