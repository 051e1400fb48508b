package dev.perennial.simulators.mongo.server;

import java.time.Duration;
import java.time.InstantSource;

/** The options that a simulator was built with. */
public record ReplicaSetSettings(
    String name,
    int members,
    int wireVersion,
    boolean scanChecksStart,
    boolean standalone,
    boolean router,
    long seed,
    Duration periodicNoop,
    int oplogLimit,
    int maxEventSize,
    InstantSource clock) {

  /** Whether clients see a replica set. */
  public boolean isReplicaSet() {
    return !standalone && !router;
  }
}
