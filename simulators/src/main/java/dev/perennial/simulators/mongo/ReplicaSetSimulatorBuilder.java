package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.changes.EventSplitter;
import dev.perennial.simulators.mongo.server.ReplicaSetSettings;
import dev.perennial.simulators.mongo.wire.WireVersions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;

/** Builds a {@link ReplicaSetSimulator}. */
public final class ReplicaSetSimulatorBuilder {

  private String name = "rs0";
  private int members = 1;
  private int wireVersion = WireVersions.V7_0;
  private boolean scanChecksStart;
  private boolean standalone;
  private boolean router;
  private long seed = 1;
  private Duration periodicNoop = Duration.ofSeconds(10);
  private int oplogLimit;
  private int maxEventSize = EventSplitter.SERVER_LIMIT;
  private InstantSource clock = InstantSource.system();

  ReplicaSetSimulatorBuilder() {}

  /** The set's name: {@code rs0} by default. */
  public ReplicaSetSimulatorBuilder name(String name) {
    this.name = Objects.requireNonNull(name);
    return this;
  }

  /** How many members there are: 1, which is the default, to 3. The first is primary. */
  public ReplicaSetSimulatorBuilder members(int members) {
    if (members < 1 || members > 3) {
      throw new IllegalArgumentException("A set has 1 to 3 members here, not " + members + ".");
    }
    this.members = members;
    return this;
  }

  /**
   * The version that it behaves as, as a maxWireVersion: 8 is 4.2, 9 is 4.4, 13 is 5.0, 17 is 6.0,
   * 21 is 7.0, the default, and 25 is 8.0.
   */
  public ReplicaSetSimulatorBuilder wireVersion(int wireVersion) {
    if (wireVersion < WireVersions.V4_2) {
      throw new IllegalArgumentException(
          "The scripted replica set knows wire versions from 8, not " + wireVersion + ".");
    }
    this.wireVersion = wireVersion;
    return this;
  }

  /**
   * Makes a resume after an event's token fail at once if the oplog no longer reaches back to it.
   * Servers do that from 5.0 on, and so do the later releases of 4.4 (SERVER-48523), which this is
   * for.
   */
  public ReplicaSetSimulatorBuilder scanChecksStart() {
    scanChecksStart = true;
    return this;
  }

  /** A server that is no replica set, on which change streams are refused. */
  public ReplicaSetSimulatorBuilder standalone() {
    standalone = true;
    return this;
  }

  /**
   * Routers of a sharded cluster of one shard, as far as clients see. The test inserts {@code
   * config.version}.
   */
  public ReplicaSetSimulatorBuilder router() {
    router = true;
    return this;
  }

  /**
   * The seed of UUIDs, cursor ids and the set's own id; 1 by default. Sets of different seeds are
   * different deployments.
   */
  public ReplicaSetSimulatorBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** How often an idle set writes a no-op entry: 10 s by default; zero for never. */
  public ReplicaSetSimulatorBuilder periodicNoop(Duration interval) {
    if (interval.isNegative()) {
      throw new IllegalArgumentException("The interval is zero or more, not " + interval + ".");
    }
    periodicNoop = interval;
    return this;
  }

  /** How many entries the oplog holds before it drops the oldest; 0, the default, for no limit. */
  public ReplicaSetSimulatorBuilder oplogLimit(int entries) {
    oplogLimit = entries;
    return this;
  }

  /** The largest event that is sent whole, in bytes; the server's 16,793,600 by default. */
  public ReplicaSetSimulatorBuilder maxEventSize(int bytes) {
    maxEventSize = bytes;
    return this;
  }

  /** Where the seconds of cluster times come from, and wall times; the system's by default. */
  public ReplicaSetSimulatorBuilder clock(InstantSource clock) {
    this.clock = Objects.requireNonNull(clock);
    return this;
  }

  /** Starts it, on ports that are free. */
  public ReplicaSetSimulator start() {
    if (standalone && members != 1) {
      throw new IllegalArgumentException("A standalone server has one member.");
    }
    return new ReplicaSetSimulator(
        new ReplicaSetSettings(
            name,
            members,
            wireVersion,
            scanChecksStart || wireVersion >= WireVersions.V5_0,
            standalone,
            router,
            seed,
            periodicNoop,
            oplogLimit,
            maxEventSize,
            clock));
  }
}
