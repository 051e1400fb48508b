package dev.perennial.simulators.mongo;

import java.time.Duration;
import java.time.InstantSource;

/** How a simulator was built. */
record Settings(
    int members,
    int wireVersion,
    boolean scanChecksStart,
    boolean standalone,
    long seed,
    Duration periodicNoop,
    int oplogLimit,
    int maxEventSize,
    InstantSource clock) {

  /** The set's name. */
  static final String NAME = "rs0";
}
