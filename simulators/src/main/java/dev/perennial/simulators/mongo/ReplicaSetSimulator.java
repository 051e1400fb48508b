package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * A MongoDB replica set of one to three members on the loopback interface, in this process.
 *
 * <p>It speaks the wire protocol as far as the official driver needs it for change streams, and
 * keeps documents and an oplog in memory, which all members share: what is written is on all of
 * them at once. Writes come from drivers or from the methods here, whose namespaces are {@code
 * database.collection}. Safe for use from any thread; each method has taken effect when it returns.
 */
public final class ReplicaSetSimulator extends SimulatorWrites implements AutoCloseable {

  private final PeriodicNoops noops;

  private ReplicaSetSimulator(Settings settings) {
    super(new ReplicaSet(settings));
    noops = new PeriodicNoops(set, settings.periodicNoop());
    try {
      for (Member member : set.members()) {
        member.listen();
      }
    } catch (IOException e) {
      close();
      throw new UncheckedIOException("The scripted replica set found no port to listen on.", e);
    }
  }

  /** Begins to set a simulator up. */
  public static Builder builder() {
    return new Builder();
  }

  /** For drivers: all members, and the set's name unless it is standalone. */
  public String connectionString() {
    String hosts = set.members().stream().map(Member::address).collect(Collectors.joining(","));
    return "mongodb://"
        + hosts
        + "/"
        + (set.settings().standalone() ? "" : "?replicaSet=" + set.settings().name());
  }

  /** A member's {@code host:port}; members count from 0. */
  public String address(int member) {
    return set.members().get(member).address();
  }

  // Members

  /** The member that is primary; -1 for none. */
  public int primary() {
    return locked(() -> set.election().primary());
  }

  /**
   * Moves the primary to the next member that is up. Connections and cursors live on, also on the
   * member that was primary; its clients see writes refused with 10107.
   */
  public void stepDown() {
    run(set::stepDown);
  }

  /** Makes a member primary; -1: there is none until another call. */
  public void elect(int member) {
    if (member < -1 || member >= set.members().size()) {
      throw new IllegalArgumentException("There is no member " + member + ".");
    }
    run(() -> {
      set.election().elect(member);
      if (member >= 0) {
        set.append(Change.noop());
      }
      set.changed.signalAll();
    });
  }

  /** A member takes connections and commands, but answers nothing until {@link #resumeMember}. */
  public void pauseMember(int member) {
    run(() -> set.members().get(member).setPaused(true));
  }

  /** A paused member answers all that waited. */
  public void resumeMember(int member) {
    run(() -> set.members().get(member).setPaused(false));
  }

  /**
   * Ends a member: its connections and cursors are gone, and another becomes primary, if any. Who
   * connects is reset at once, where a real member's port would refuse.
   */
  public void stopMember(int member) {
    run(() -> {
      set.election().down(member);
      set.cursors().killOf(member);
      set.members().get(member).stop();
    });
  }

  /** Starts a member that was stopped, on its old port. */
  public void startMember(int member) {
    run(() -> {
      set.members().get(member).start();
      set.election().up(member);
      set.changed.signalAll();
    });
  }

  /** Stops a member and starts it again. */
  public void restartMember(int member) {
    run(() -> {
      stopMember(member);
      startMember(member);
    });
  }

  /** Closes the connections of all clients, without a word. */
  public void closeConnections() {
    run(() -> set.members().forEach(Member::closeConnections));
  }

  /** The faults that it can be made to show. */
  public Faults faults() {
    return set.faults;
  }

  // Observations

  /** The latest 20,000 commands that were received, hellos included. */
  public List<ReceivedCommand> commands() {
    return set.observations.commands();
  }

  /** How many commands of a name were received; the name as clients write it. */
  public long count(String command) {
    return set.observations.count(command);
  }

  /** Forgets {@link #commands} and {@link #count}s. */
  public void clearObservations() {
    set.observations.clear();
  }

  /** How many cursors are open, on all members together. */
  public int openCursors() {
    return locked(() -> set.cursors().size());
  }

  /** How many connections are open, monitoring ones included. */
  public int openConnections() {
    return locked(() -> set.members().stream().mapToInt(Member::connections).sum());
  }

  /** The time of the newest entry of the oplog. */
  public BsonTimestamp currentTime() {
    return locked(() -> set.oplog().lastTime());
  }

  /** The time of the oldest entry of the oplog. */
  public BsonTimestamp oldestTime() {
    return locked(() -> set.oplog().get(set.oplog().firstSequence()).time());
  }

  /** The documents of a collection, as they are now. */
  public List<BsonDocument> documents(String namespace) {
    return locked(() -> {
      CollectionState collection = set.catalog().find(Namespace.parse(namespace));
      return collection == null ? List.of() : List.copyOf(collection.documents());
    });
  }

  /** Stops all members and forgets everything. */
  @Override
  public void close() {
    noops.close();
    set.close();
    run(() -> set.members().forEach(Member::close));
  }

  /** Sets a {@link ReplicaSetSimulator} up. */
  public static final class Builder {

    private String name = "rs0";
    private int members = 1;
    private int wireVersion = WireVersions.V7_0;
    private boolean standalone;
    private long seed = 1;
    private Duration periodicNoop = Duration.ofSeconds(10);
    private int oplogLimit;
    private int maxEventSize = Splitter.SERVER_LIMIT;
    private InstantSource clock = InstantSource.system();

    private Builder() {}

    /** The set's name; {@code rs0} unless said otherwise. */
    public Builder name(String name) {
      this.name = Objects.requireNonNull(name);
      return this;
    }

    /** How many members there are: 1, which is the default, to 3. The first is primary. */
    public Builder members(int members) {
      if (members < 1 || members > 3) {
        throw new IllegalArgumentException("A set has 1 to 3 members here, not " + members + ".");
      }
      this.members = members;
      return this;
    }

    /**
     * The version that it behaves as, by maxWireVersion: 8 is 4.2, 9 is 4.4, 13 is 5.0, 17 is 6.0,
     * 21 is 7.0, the default, and 25 is 8.0.
     */
    public Builder wireVersion(int wireVersion) {
      if (wireVersion < WireVersions.V4_2) {
        throw new IllegalArgumentException(
            "The scripted replica set knows wire versions from 8, not " + wireVersion + ".");
      }
      this.wireVersion = wireVersion;
      return this;
    }

    /** A server that is no replica set, on which change streams are refused. */
    public Builder standalone() {
      standalone = true;
      return this;
    }

    /** What UUIDs and cursor ids are made of; 1 unless said otherwise. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** How often an idle set writes a no-op entry: 10 s unless said otherwise; zero for never. */
    public Builder periodicNoop(Duration interval) {
      if (interval.isNegative()) {
        throw new IllegalArgumentException("The interval is zero or more, not " + interval + ".");
      }
      periodicNoop = interval;
      return this;
    }

    /** How many entries the oplog holds before it forgets the oldest; 0, the default: all. */
    public Builder oplogLimit(int entries) {
      oplogLimit = entries;
      return this;
    }

    /** The largest event that is sent whole, in bytes; the server's 16,793,600 by default. */
    public Builder maxEventSize(int bytes) {
      maxEventSize = bytes;
      return this;
    }

    /** Where the seconds of cluster times come from, and wall times; the system's by default. */
    public Builder clock(InstantSource clock) {
      this.clock = Objects.requireNonNull(clock);
      return this;
    }

    /** Starts it, on ports that are free. */
    public ReplicaSetSimulator start() {
      if (standalone && members != 1) {
        throw new IllegalArgumentException("A standalone server has one member.");
      }
      return new ReplicaSetSimulator(
          new Settings(
              name,
              members,
              wireVersion,
              standalone,
              seed,
              periodicNoop,
              oplogLimit,
              maxEventSize,
              clock));
    }
  }
}
