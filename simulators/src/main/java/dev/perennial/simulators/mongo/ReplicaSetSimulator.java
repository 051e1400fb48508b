package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.command.Dispatcher;
import dev.perennial.simulators.mongo.server.Member;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.server.ReplicaSetSettings;
import dev.perennial.simulators.mongo.storage.Change;
import dev.perennial.simulators.mongo.storage.CollectionState;
import dev.perennial.simulators.mongo.storage.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.types.ObjectId;

/**
 * A MongoDB replica set of one to three members on the loopback interface, in this process.
 *
 * <p>It speaks the wire protocol as far as the official driver needs it for change streams, and
 * keeps documents and an oplog in memory, which all members share: what is written is on all of
 * them at once. Writes come from drivers or from the methods here, whose namespaces are {@code
 * database.collection}. Safe for use from any thread; each method has taken effect when it returns.
 */
public final class ReplicaSetSimulator extends SimulatorWrites implements AutoCloseable {

  private final Faults faults;
  private final ReceivedCommands received;
  private final PeriodicNoops noops;

  ReplicaSetSimulator(ReplicaSetSettings settings) {
    super(new ReplicaSet(settings));
    faults = new Faults(set);
    received = new ReceivedCommands(faults);
    noops = new PeriodicNoops(set, settings.periodicNoop());
    AtomicInteger connectionNumbers = new AtomicInteger();
    try {
      for (Member member : set.members()) {
        member.listen(new Dispatcher(set, member, received), connectionNumbers::incrementAndGet);
      }
    } catch (IOException e) {
      close();
      throw new UncheckedIOException("The scripted replica set found no port to listen on.", e);
    }
  }

  /** Returns a builder with the defaults. */
  public static ReplicaSetSimulatorBuilder builder() {
    return new ReplicaSetSimulatorBuilder();
  }

  /** For drivers: all members, and the set's name if it is one for clients. */
  public String connectionString() {
    String hosts = set.members().stream().map(Member::address).collect(Collectors.joining(","));
    return "mongodb://"
        + hosts
        + "/"
        + (set.settings().isReplicaSet() ? "?replicaSet=" + set.settings().name() : "");
  }

  /** A member's {@code host:port}; members count from 0. */
  public String address(int member) {
    return set.members().get(member).address();
  }

  /** What {@code settings.replicaSetId} of the set's configuration is. */
  public ObjectId replicaSetId() {
    return set.id();
  }

  // Members

  /** The member that is primary; -1 for none. */
  public int primary() {
    return set.lock().locked(() -> set.election().primary());
  }

  /**
   * Moves the primary to the next member that is up. Connections and cursors live on, also on the
   * member that was primary; its clients see writes refused with 10107.
   */
  public void stepDown() {
    set.lock().change(set::stepDown);
  }

  /** Makes a member primary; -1 for no primary until another call. */
  public void elect(int member) {
    if (member < -1 || member >= set.members().size()) {
      throw new IllegalArgumentException("There is no member " + member + ".");
    }
    set.lock()
        .change(() -> {
          set.election().elect(member);
          if (member >= 0) {
            set.oplog().append(Change.noop());
          }
        });
  }

  /**
   * Pauses a member: it accepts connections and commands, but answers nothing until {@link
   * #resumeMember}.
   */
  public void pauseMember(int member) {
    set.lock().change(() -> set.members().get(member).setPaused(true));
  }

  /** Resumes a paused member, which then answers all waiting commands. */
  public void resumeMember(int member) {
    set.lock().change(() -> set.members().get(member).setPaused(false));
  }

  /**
   * Stops a member: its connections and cursors end, and another member that is up becomes primary.
   * New connections are reset at once, where a real member's port would refuse them.
   */
  public void stopMember(int member) {
    set.lock()
        .change(() -> {
          set.election().down(member);
          set.cursors().killOf(member);
          set.members().get(member).stop();
        });
  }

  /** Starts a member that was stopped, on its old port. */
  public void startMember(int member) {
    set.lock()
        .change(() -> {
          set.members().get(member).start();
          set.election().up(member);
        });
  }

  /** Stops a member and starts it again. */
  public void restartMember(int member) {
    set.lock()
        .change(() -> {
          stopMember(member);
          startMember(member);
        });
  }

  /** Closes the connections of all clients. */
  public void closeConnections() {
    set.lock().change(() -> set.members().forEach(Member::closeConnections));
  }

  /** The faults that it can be made to show. */
  public Faults faults() {
    return faults;
  }

  // Observations

  /** The latest 20,000 commands that were received, hellos included. */
  public List<ReceivedCommand> commands() {
    return received.commands();
  }

  /** How many commands of a name were received; the name as clients write it. */
  public long count(String command) {
    return received.count(command);
  }

  /** Forgets {@link #commands} and {@link #count}s. */
  public void clearObservations() {
    received.clear();
  }

  /** How many cursors are open, on all members together. */
  public int openCursors() {
    return set.lock().locked(() -> set.cursors().size());
  }

  /** How many connections are open, monitoring ones included. */
  public int openConnections() {
    return set.lock().locked(() -> set.members().stream().mapToInt(Member::connections).sum());
  }

  /** The time of the newest entry of the oplog. */
  public BsonTimestamp currentTime() {
    return set.lock().locked(() -> set.oplog().lastTime());
  }

  /** The time of the oldest entry of the oplog. */
  public BsonTimestamp oldestTime() {
    return set.lock().locked(() -> set.oplog().get(set.oplog().firstSequence()).time());
  }

  /** The documents of a collection, as they are now. */
  public List<BsonDocument> documents(String namespace) {
    return set.lock()
        .locked(() -> {
          CollectionState collection = set.catalog().find(Namespace.parse(namespace));
          return collection == null ? List.of() : List.copyOf(collection.documents());
        });
  }

  /** Stops all members for good and frees their ports. Idempotent. */
  @Override
  public void close() {
    noops.close();
    set.close();
    set.lock().change(() -> set.members().forEach(Member::close));
  }
}
