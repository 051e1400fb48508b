package dev.perennial.cli.demo;

import dev.perennial.StreamStats;

/** The sums of the statistics of a demo's streams. */
final class StreamTotals {

  private long received;
  private long acked;
  private long reconnects;
  private long redeliveriesDropped;
  private long malformed;

  void add(StreamStats stats) {
    received += stats.received();
    acked += stats.acked();
    reconnects += stats.reconnects();
    redeliveriesDropped += stats.redeliveriesDropped();
    malformed += stats.malformed();
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
}
