package dev.perennial.simulators.mongo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A MongoDB replica set of one to three members on the loopback interface, in this process.
 *
 * <p>It speaks the wire protocol as far as the official driver needs it for change streams, and
 * keeps documents and an oplog in memory, which all members share: what is written is on all of
 * them at once. Writes come from drivers or from the methods here, whose namespaces are {@code
 * database.collection}. Safe for use from any thread; each method has taken effect when it returns.
 */
public final class ReplicaSetSimulator implements AutoCloseable {

  private final ReplicaSet set;
  private final @Nullable ScheduledExecutorService noops;

  private ReplicaSetSimulator(Settings settings) {
    set = new ReplicaSet(settings);
    try {
      for (Member member : set.members()) {
        member.start();
      }
    } catch (IOException e) {
      set.members().forEach(Member::stop);
      throw new UncheckedIOException("The scripted replica set found no port to listen on.", e);
    }
    noops = settings.periodicNoop().isZero() ? null : schedule(settings.periodicNoop());
  }

  private ScheduledExecutorService schedule(Duration interval) {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(task -> {
          Thread thread = new Thread(task, "mongo-simulator-noops");
          thread.setDaemon(true);
          return thread;
        });
    long nanos = interval.toNanos();
    BsonTimestamp[] seen = {currentTime()};
    timer.scheduleWithFixedDelay(
        () -> {
          // Like the server, it writes one only when nothing else was written meanwhile.
          seen[0] = currentTime().equals(seen[0]) ? noop() : currentTime();
        },
        nanos,
        nanos,
        TimeUnit.NANOSECONDS);
    return timer;
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

  // Writes

  /** Inserts a document, which gets an {@code _id} if it has none. */
  public BsonTimestamp insert(String namespace, BsonDocument document) {
    return write(new Write.Insert(namespace, document));
  }

  /** Inserts many documents, each at a time of its own; returns the last one's. */
  public BsonTimestamp insertAll(String namespace, List<BsonDocument> documents) {
    return locked(() -> {
      BsonTimestamp last = set.oplog().lastTime();
      for (BsonDocument document : documents) {
        last = set.append(set.documents().insert(Namespace.parse(namespace), document));
      }
      return last;
    });
  }

  /**
   * Updates a document, which must be there. An update that changes nothing gives no event.
   *
   * @param set fields, dotted or not, and their new values
   * @param unset fields to remove
   */
  public BsonTimestamp update(String namespace, BsonValue id, BsonDocument set, String... unset) {
    return write(new Write.Update(namespace, id, set, List.of(unset)));
  }

  /** Cuts an array of a document, which shows as {@code truncatedArrays}. */
  public BsonTimestamp truncateArray(String namespace, BsonValue id, String field, int newSize) {
    return locked(() ->
        append(
            set.documents()
                .update(
                    Namespace.parse(namespace),
                    id,
                    before -> Updates.truncate(before, field, newSize))));
  }

  /** Puts another document in a document's place, which must be there. */
  public BsonTimestamp replace(String namespace, BsonValue id, BsonDocument document) {
    return write(new Write.Replace(namespace, id, document));
  }

  /** Deletes a document, which must be there. */
  public BsonTimestamp delete(String namespace, BsonValue id) {
    return write(new Write.Delete(namespace, id));
  }

  /** Runs a transaction: its changes have one time, and a token each. */
  public BsonTimestamp transaction(List<Write> writes) {
    return locked(() -> set.documents().transaction(writes));
  }

  /**
   * Makes a collection.
   *
   * @param images whether it records pre- and post-images
   */
  public BsonTimestamp createCollection(String namespace, boolean images) {
    BsonDocument options = new BsonDocument();
    options.put(
        "changeStreamPreAndPostImages",
        new BsonDocument("enabled", org.bson.BsonBoolean.valueOf(images)));
    return locked(() -> {
      set.documents().create(Namespace.parse(namespace), options);
      return set.oplog().lastTime();
    });
  }

  /** Makes a view, which cannot be watched. */
  public void createView(String namespace, String on) {
    BsonDocument options = new BsonDocument("viewOn", new org.bson.BsonString(on));
    locked(() -> set.documents().create(Namespace.parse(namespace), options));
  }

  /** Turns the recording of pre- and post-images on or off. */
  public BsonTimestamp recordImages(String namespace, boolean images) {
    return locked(() -> set.documents().modify(Namespace.parse(namespace), images));
  }

  /** Notes that an index was made. */
  public BsonTimestamp createIndex(String namespace, String field) {
    BsonDocument index =
        new BsonDocument("v", new BsonInt32(2))
            .append("key", new BsonDocument(field, new BsonInt32(1)))
            .append("name", new org.bson.BsonString(field + "_1"));
    return locked(() ->
        set.documents()
            .indexes(
                ChangeKind.CREATE_INDEXES,
                Namespace.parse(namespace),
                new org.bson.BsonArray(List.of(index))));
  }

  /** Drops a collection, which must be there. */
  public BsonTimestamp drop(String namespace) {
    return locked(() -> set.documents().drop(Namespace.parse(namespace)));
  }

  /** Renames a collection, which must be there, and drops what had the name. */
  public BsonTimestamp rename(String from, String to) {
    return locked(() -> set.documents().rename(Namespace.parse(from), Namespace.parse(to), true));
  }

  /** Drops all collections of a database, and then the database. */
  public BsonTimestamp dropDatabase(String database) {
    return locked(() -> set.documents().dropDatabase(database));
  }

  /** Writes an entry that is no event, as the server does every ten seconds when it is idle. */
  public BsonTimestamp noop() {
    return locked(() -> set.append(Change.noop()));
  }

  /**
   * Puts an event of one's own making into the oplog, with whatever fields and operation type; what
   * it lacks of {@code _id} and {@code clusterTime} is put in.
   */
  public BsonTimestamp rawEvent(String namespace, BsonDocument event) {
    return rawEvent(namespace, event, UnaryOperator.identity());
  }

  /**
   * Puts an event of one's own making into the oplog and spoils its bytes. A driver needs the
   * length at the head to be that of the array, and the {@code _id}, which comes first, to be
   * whole.
   */
  public BsonTimestamp rawEvent(
      String namespace, BsonDocument event, UnaryOperator<byte[]> corruption) {
    return locked(() -> set.documents().raw(Namespace.parse(namespace), event, corruption));
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

  /** Ends a member: its connections and cursors are gone, and another becomes primary, if any. */
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
      try {
        set.members().get(member).start();
      } catch (IOException e) {
        throw new UncheckedIOException("Member " + member + " lost its port.", e);
      }
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
    if (noops != null) {
      noops.shutdownNow();
    }
    set.close();
    run(() -> set.members().forEach(Member::stop));
  }

  private BsonTimestamp write(Write write) {
    return locked(() -> append(set.documents().apply(write)));
  }

  private BsonTimestamp append(@Nullable Change change) {
    return change == null ? set.oplog().lastTime() : set.append(change);
  }

  private void run(Runnable action) {
    locked(() -> {
      action.run();
      return true;
    });
  }

  private <T> T locked(Supplier<T> action) {
    set.lock.lock();
    try {
      return action.get();
    } finally {
      set.lock.unlock();
    }
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
