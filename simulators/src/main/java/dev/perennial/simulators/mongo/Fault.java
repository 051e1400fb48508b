package dev.perennial.simulators.mongo;

import dev.perennial.simulators.mongo.server.ReplicaSet;
import java.util.function.Predicate;

/** A fault that hits the commands it was asked for. Safe for use from any thread. */
public final class Fault {

  static final int ALWAYS = -1;

  private final ReplicaSet set;
  private final Predicate<ReceivedCommand> matches;
  private final FaultSpec spec;
  private int skip;
  private int left;
  private int hits;
  private boolean removed;

  Fault(ReplicaSet set, Predicate<ReceivedCommand> matches, int skip, int times, FaultSpec spec) {
    if (skip < 0 || (times < 1 && times != ALWAYS)) {
      throw new IllegalArgumentException(
          "A fault skips 0 commands or more and hits 1 or more, not "
              + skip
              + " and "
              + times
              + ".");
    }
    this.set = set;
    this.matches = matches;
    this.skip = skip;
    this.left = times;
    this.spec = spec;
  }

  /** How many commands it has hit. */
  public int hits() {
    return set.lock().locked(() -> hits);
  }

  /** Removes it: it hits nothing more, and commands that it blocks run. */
  public void remove() {
    set.lock()
        .change(() -> {
          removed = true;
          left = 0;
        });
  }

  FaultSpec spec() {
    return spec;
  }

  /** Whether it was removed. Guarded by the lock. */
  boolean isRemoved() {
    return removed;
  }

  /** Whether it hits a command, which counts as a hit. Guarded by the lock. */
  boolean hit(ReceivedCommand command) {
    if (left == 0 || !matches.test(command)) {
      return false;
    }
    if (skip > 0) {
      skip--;
      return false;
    }
    if (left > 0) {
      left--;
    }
    hits++;
    return true;
  }

  /** Whether it will hit nothing more. Guarded by the lock. */
  boolean isSpent() {
    return left == 0;
  }
}
