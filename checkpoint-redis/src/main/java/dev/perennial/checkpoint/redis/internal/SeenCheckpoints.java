package dev.perennial.checkpoint.redis.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams whose checkpoint this store has seen. A deletion leaves a mark in the hash, so a
 * checkpoint that is gone without that mark was lost, and the stream must not start without it.
 * Safe for use from any thread.
 */
public final class SeenCheckpoints {

  private final Set<String> streamIds = ConcurrentHashMap.newKeySet();
  private final boolean mayExpire;

  /**
   * Makes an empty set.
   *
   * @param mayExpire whether checkpoints have a time to live, so that a missing one is no loss
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
