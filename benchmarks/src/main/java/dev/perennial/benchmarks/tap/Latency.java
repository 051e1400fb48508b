package dev.perennial.benchmarks.tap;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * The latencies of one client's events and acks. An event that the server writes late counts twice:
 * from when it was due, so that a pause delays all events of that time, and from when its write
 * began, so that the server's lateness is not the client's.
 */
final class Latency {

  private static final int SIGNIFICANT_DIGITS = 3;

  private final long pauseNanos;
  private final Histogram serverLate = new Histogram(SIGNIFICANT_DIGITS);
  private final Histogram fromDue = new Histogram(SIGNIFICANT_DIGITS);
  private final Histogram fromWrite = new Histogram(SIGNIFICANT_DIGITS);
  private final Histogram acks = new Histogram(SIGNIFICANT_DIGITS);

  /**
   * @param pauseNanos the time between two events
   */
  Latency(long pauseNanos) {
    this.pauseNanos = pauseNanos;
  }

  /**
   * Adds the events of one connection.
   *
   * @param client when each was handled, and then when each was acked
   * @param server what {@link Sending#times} says
   */
  void add(long[] client, long[] server) {
    int count = client.length / 2;
    for (int i = 0; i < count; i++) {
      long dueAt = server[0] + i * pauseNanos;
      long writtenAt = server[2 + i];
      serverLate.recordValue(writtenAt - dueAt);
      fromDue.recordValue(client[i] - dueAt);
      fromWrite.recordValue(client[i] - writtenAt);
      acks.recordValue(server[2 + count + i] - client[count + i]);
    }
  }

  /** Forgets all events. */
  void reset() {
    serverLate.reset();
    fromDue.reset();
    fromWrite.reset();
    acks.reset();
  }

  /** Returns the rows of a table, in µs. */
  String rows(String client) {
    return row(client, "due time → handler", fromDue)
        + row(client, "write begins → handler", fromWrite)
        + row(client, "`ack()` → server", acks)
        + row(client, "due time → write begins (server alone)", serverLate);
  }

  private static String row(String client, String what, Histogram histogram) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.0f | %.0f | %.0f | %.0f |%n",
        client,
        what,
        histogram.getValueAtPercentile(50) / 1e3,
        histogram.getValueAtPercentile(99) / 1e3,
        histogram.getValueAtPercentile(99.9) / 1e3,
        histogram.getMaxValue() / 1e3);
  }
}
