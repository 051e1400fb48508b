package dev.perennial.simulators.mongo.server;

import java.util.Arrays;
import java.util.Random;
import org.bson.types.ObjectId;

/** Who is primary, and who is up. Guarded by the replica set's lock. */
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

  /** Grows with every change that a client that watches the topology is told of. */
  public long topologyVersion() {
    return topology;
  }

  /** Tells one life of a member from the next. */
  public ObjectId processId(int member) {
    return processIds[member];
  }

  /** Grows with the term, so that clients know a late message of an old primary. */
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

  /** Moves the primary to the next member that is up, itself as the last. */
  void stepDown() {
    electAfter(primary);
  }

  /** Makes the next member primary that is up; nobody if none is. */
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
