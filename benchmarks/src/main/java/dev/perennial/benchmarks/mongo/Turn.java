package dev.perennial.benchmarks.mongo;

import org.bson.BsonTimestamp;

/**
 * What a loop used in one turn.
 *
 * @param events how many events were measured
 * @param used for all of them
 * @param tally what the loop read; the same for all loops
 */
record Turn(long events, Meter used, long tally) {

  /**
   * The events before the measurement: the first batch, which is a server's 101 events where
   * nothing is said. So opening is not in it, and it begins with a getMore.
   */
  private static final int BEFORE = 101;

  /** Goes through a collection's events, as often as its size asks for. */
  static Turn take(Loop.Opener opener, Size size, BsonTimestamp start, int events)
      throws Exception {
    Meter.Reader meter = new Meter.Reader();
    Meter used = Meter.ZERO;
    Tally tally = new Tally();
    for (int i = 0; i < size.drains; i++) {
      try (Loop loop = opener.open(size, start, tally)) {
        int handled = handle(loop, 0, BEFORE);
        Meter before = meter.read();
        int all = handle(loop, handled, events);
        used = used.plus(meter.read().minus(before));
        if (handled != BEFORE || all != events) {
          throw new IllegalStateException(
              "a first batch of " + handled + " events, and " + all + " in all");
        }
      }
    }
    return new Turn((long) size.drains * (events - BEFORE), used, tally.sum());
  }

  private static int handle(Loop loop, int handled, int until) throws Exception {
    int all = handled;
    while (all < until) {
      all += loop.handle();
    }
    return all;
  }

  double cpuMicros() {
    return used.cpu() / 1e3 / events;
  }

  double javaCpuMicros() {
    return used.javaCpu() / 1e3 / events;
  }

  double bytes() {
    return (double) used.allocated() / events;
  }

  double thousandsPerSecond() {
    return events * 1e6 / used.nanos();
  }

  /** One line, for {@link #parse}. */
  String text() {
    return events
        + " "
        + used.nanos()
        + " "
        + used.cpu()
        + " "
        + used.javaCpu()
        + " "
        + used.allocated()
        + " "
        + tally;
  }

  static Turn parse(String text) {
    String[] part = text.split(" ", -1);
    return new Turn(
        Long.parseLong(part[0]),
        new Meter(
            Long.parseLong(part[1]),
            Long.parseLong(part[2]),
            Long.parseLong(part[3]),
            Long.parseLong(part[4])),
        Long.parseLong(part[5]));
  }
}
