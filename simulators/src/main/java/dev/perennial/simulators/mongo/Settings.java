package dev.perennial.simulators.mongo;

import java.time.Duration;
import java.time.InstantSource;

/** How a simulator was built. */
record Settings(
    String name,
    int members,
    int wireVersion,
    boolean scanChecksStart,
    boolean standalone,
    long seed,
    Duration periodicNoop,
    int oplogLimit,
    int maxEventSize,
    InstantSource clock) {}
