package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.server.Call;
import dev.perennial.simulators.mongo.server.ReplicaSet;
import dev.perennial.simulators.mongo.wire.CommandError;
import dev.perennial.simulators.mongo.wire.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The faults that a simulator can be made to show. At most one fault hits a command: the oldest one
 * that fits it. Safe for use from any thread; each call has taken effect when it returns.
 */
public final class Faults {

  private final ReplicaSet set;
  private final List<Fault> waiting = new ArrayList<>();

  Faults(ReplicaSet set) {
    this.set = set;
  }

  /**
   * Hits the next commands with a name.
   *
   * @param command such as {@code getMore}; in any case
   */
  public Fault fail(String command, int times, FaultSpec spec) {
    return failFrom(command, 1, times, spec);
  }

  /**
   * Hits commands with a name, starting with the {@code first} one from now.
   *
   * @param first 1 for the very next
   */
  public Fault failFrom(String command, int first, int times, FaultSpec spec) {
    return add(named(command), first - 1, times, spec);
  }

  /** Hits all commands with a name until the fault is removed. */
  public Fault failAlways(String command, FaultSpec spec) {
    return add(named(command), 0, Fault.ALWAYS, spec);
  }

  /**
   * Fails every getMore with 43 from now on, while streams can be opened again: a storm of resumes.
   */
  public Fault resumeStorm() {
    return failAlways("getMore", FaultSpec.error(43));
  }

  /** Removes all faults; commands that they block run. */
  public void clear() {
    set.lock().change(() -> waiting.forEach(Fault::remove));
  }

  /** Closes all cursors of all members: the next getMore of each gets 43, a waiting one 237. */
  public int killCursors() {
    // A getMore that waits is not woken: a server's waits to its end, too.
    return set.lock().locked(() -> set.cursors().killAll());
  }

  /**
   * Ends the change streams' cursors of all members without an event that says why, and without
   * what comes after the last event sent: the next getMore of each gets an empty batch and the id
   * 0.
   */
  public void endCursors() {
    set.lock().change(() -> set.cursors().cutStreams());
  }

  /**
   * Makes the next replies of change streams empty and without progress, immediately when a stream
   * is opened and otherwise at the time limit: as a router does whose shards still read their
   * oplogs.
   *
   * @param answers how many
   */
  public void stallStreams(int answers) {
    set.lock().change(() -> set.cursors().stall(answers));
  }

  /** Removes the oplog's entries before a time, but never the newest one. */
  public void truncateOplog(BsonTimestamp before) {
    set.lock().change(() -> set.oplog().truncate(before));
  }

  /** Removes the pre- and post-images of changes before a time. */
  public void expireImages(BsonTimestamp before) {
    set.lock().change(() -> set.oplog().expireImages(before));
  }

  /** Whether logins fail with 18 and commands without a login with 13. */
  public void refuseCredentials(boolean refused) {
    set.lock().change(() -> set.accessControl().refuseCredentials(refused));
  }

  /**
   * Whether {@code replSetGetConfig} and what else needs the role {@code clusterMonitor} fails with
   * 13, as for a user who has only {@code read}.
   */
  public void ordinaryRights(boolean only) {
    set.lock().change(() -> set.accessControl().allowReadRoleOnly(only));
  }

  /** Whether every aggregate fails with 13, as for a user without any role. */
  public void forbidStreams(boolean forbidden) {
    set.lock().change(() -> set.accessControl().forbidStreams(forbidden));
  }

  private Fault add(Predicate<ReceivedCommand> matches, int skip, int times, FaultSpec spec) {
    Fault fault = new Fault(set, matches, skip, times, spec);
    set.lock().change(() -> waiting.add(fault));
    return fault;
  }

  /**
   * Has the oldest fault that fits a command hit it. Guarded by the lock.
   *
   * @return what to answer instead of running the command; null to run it
   */
  @Nullable Reply hit(Call call) throws IOException {
    ReceivedCommand command = ReceivedCommand.of(call);
    Fault fault = hitting(command);
    if (fault == null) {
      return null;
    }
    FaultSpec spec = fault.spec();
    if (spec instanceof FaultSpec.Garbage) {
      return new Reply.Garbage();
    } else if (spec instanceof FaultSpec.Close) {
      throw new IOException("A fault closes the connection.");
    } else if (spec instanceof FaultSpec.ErrorReply error) {
      throw new CommandError(error.code(), error.message(), error.labels());
    } else if (spec instanceof FaultSpec.Block block) {
      call.await(block.time().apply(command).toNanos(), fault::isRemoved);
    }
    return null;
  }

  private @Nullable Fault hitting(ReceivedCommand command) {
    Fault hit = null;
    for (Fault fault : waiting) {
      if (fault.hit(command)) {
        hit = fault;
        break;
      }
    }
    waiting.removeIf(Fault::isSpent);
    return hit;
  }

  private static Predicate<ReceivedCommand> named(String name) {
    return command -> command.name().equalsIgnoreCase(name);
  }
}
