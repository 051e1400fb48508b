package dev.perennial.cli.demo;

import dev.perennial.cli.demo.ConsumerMessage.Stats;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** The sums of the statistics of all consumer processes. Failures are added by any thread. */
final class MongoTotals {

  private final LongAdder handlerFailures = new LongAdder();
  private long reconnects;
  private long invalidates;
  private Duration takeover = Duration.ZERO;

  void add(Stats stats) {
    reconnects += stats.reconnects();
    invalidates += stats.invalidates();
  }

  void handlerFailed() {
    handlerFailures.increment();
  }

  void tookOver(Duration after) {
    takeover = after;
  }

  long handlerFailures() {
    return handlerFailures.sum();
  }

  long reconnects() {
    return reconnects;
  }

  long invalidates() {
    return invalidates;
  }

  /** Returns the time from the kill until the standby was connected; zero before. */
  Duration takeover() {
    return takeover;
  }
}
