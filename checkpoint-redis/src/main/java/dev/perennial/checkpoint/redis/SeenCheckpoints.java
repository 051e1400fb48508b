package dev.perennial.checkpoint.redis;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams of which a checkpoint was there. Who deletes one says so in the hash; so one that is
 * gone without that was lost, and must not be taken for one that never was. Safe for use from any
 * thread.
 */
final class SeenCheckpoints {

  private final Set<String> streamIds = ConcurrentHashMap.newKeySet();
  private final boolean mayExpire;

  /**
   * Knows none yet.
   *
   * @param mayExpire whether checkpoints may go as the user has asked, so that none is missed
   */
  SeenCheckpoints(boolean mayExpire) {
    this.mayExpire = mayExpire;
  }

  void add(String streamId) {
    if (!mayExpire) {
      streamIds.add(streamId);
    }
  }

  boolean contains(String streamId) {
    return streamIds.contains(streamId);
  }

  void forget(String streamId) {
    streamIds.remove(streamId);
  }
}
