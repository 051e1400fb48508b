package dev.perennial.simulators.mongo.server;

import java.util.Arrays;
import java.util.Random;
import org.bson.types.ObjectId;

/** Which member is primary, and which are up. Guarded by the replica set's lock. */
public final class Election {

  public static final int NONE = -1;

  private final boolean[] up;
  private final ObjectId[] processIds;
  private final Random random;
  private int primary;
  private long term = 1;
  private long topology;

  Election(int members, long seed) {
    random = new Random(seed ^ 0x5eed);
    up = new boolean[members];
    processIds = new ObjectId[members];
    Arrays.fill(up, true);
    for (int i = 0; i < members; i++) {
      processIds[i] = processId();
    }
  }

  public int primary() {
    return primary;
  }

  public long term() {
    return term;
  }

  public boolean isUp(int member) {
    return up[member];
  }

  /** A counter that grows with every change of the topology. */
  public long topologyVersion() {
    return topology;
  }

  /** The id of a member's process, new after each start. */
  public ObjectId processId(int member) {
    return processIds[member];
  }

  /**
   * The election's id, which grows with the term, so that clients discard an old primary's
   * messages.
   */
  public ObjectId electionId() {
    return new ObjectId(String.format("7fffffff%016x", term));
  }

  public void elect(int member) {
    primary = member;
    if (member != NONE) {
      term++;
    }
    topology++;
  }

  /** Makes the next member that is up primary; the old primary comes last. */
  void stepDown() {
    electAfter(primary);
  }

  /** Makes the next member that is up primary; no member if none is up. */
  void electAfter(int member) {
    int from = Math.max(member, 0);
    for (int i = 1; i <= up.length; i++) {
      int candidate = (from + i) % up.length;
      if (up[candidate]) {
        elect(candidate);
        return;
      }
    }
    elect(NONE);
  }

  public void down(int member) {
    up[member] = false;
    if (primary == member) {
      stepDown();
    } else {
      topology++;
    }
  }

  public void up(int member) {
    up[member] = true;
    processIds[member] = processId();
    if (primary == NONE) {
      elect(member);
    } else {
      topology++;
    }
  }

  private ObjectId processId() {
    byte[] bytes = new byte[12];
    random.nextBytes(bytes);
    return new ObjectId(bytes);
  }
}
