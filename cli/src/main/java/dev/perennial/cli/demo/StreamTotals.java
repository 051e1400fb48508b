package dev.perennial.cli.demo;

import dev.perennial.StreamStats;

/** The sums of the statistics of a demo's streams. */
final class StreamTotals {

  private long received;
  private long acked;
  private long reconnects;
  private long redeliveriesDropped;
  private long malformed;
  private long handlerFailures;

  void add(StreamStats stats) {
    received += stats.received();
    acked += stats.acked();
    reconnects += stats.reconnects();
    redeliveriesDropped += stats.redeliveriesDropped();
    malformed += stats.malformed();
    handlerFailures += stats.handlerFailures();
  }

  long received() {
    return received;
  }

  long acked() {
    return acked;
  }

  long reconnects() {
    return reconnects;
  }

  long redeliveriesDropped() {
    return redeliveriesDropped;
  }

  long malformed() {
    return malformed;
  }

  long handlerFailures() {
    return handlerFailures;
  }
}
