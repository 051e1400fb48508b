package dev.perennial.checkpoint.redis.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams of which a checkpoint was there. Who deletes one says so in the hash; so one that is
 * gone without that was lost, and must not be taken for one that never was. Safe for use from any
 * thread.
 */
public final class SeenCheckpoints {

  private final Set<String> streamIds = ConcurrentHashMap.newKeySet();
  private final boolean mayExpire;

  /**
   * Knows none yet.
   *
   * @param mayExpire whether checkpoints may go as the user has asked, so that none is missed
   */
  public SeenCheckpoints(boolean mayExpire) {
    this.mayExpire = mayExpire;
  }

  public void add(String streamId) {
    if (!mayExpire) {
      streamIds.add(streamId);
    }
  }

  public boolean contains(String streamId) {
    return streamIds.contains(streamId);
  }

  public void forget(String streamId) {
    streamIds.remove(streamId);
  }
}
