package dev.perennial.simulators.mongo;

import java.util.ArrayList;
import java.util.List;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The oplog: entries numbered from 0, of which the oldest may be gone. Guarded by the replica set's
 * lock.
 */
final class Oplog {

  private final int limit;
  private List<OplogEntry> entries = new ArrayList<>();

  /** How many entries at the head of the list are gone; the list is cut when they are many. */
  private int gone;

  private long next;
  private boolean truncated;

  /**
   * @param limit how many entries it holds at most; 0 for no limit
   */
  Oplog(int limit) {
    this.limit = limit;
  }

  long nextSequence() {
    return next;
  }

  /** The number of the oldest entry that is still there. */
  long firstSequence() {
    return next - (entries.size() - gone);
  }

  void append(OplogEntry entry) {
    entries.add(entry);
    next++;
    if (limit > 0 && entries.size() - gone > limit) {
      dropOldest(entries.size() - gone - limit);
    }
  }

  OplogEntry get(long sequence) {
    return entries.get((int) (sequence - firstSequence()) + gone);
  }

  BsonTimestamp lastTime() {
    return entries.get(entries.size() - 1).time();
  }

  /** Whether what came after this time is still all there. */
  boolean covers(BsonTimestamp time) {
    return !truncated || entries.get(gone).time().compareTo(time) <= 0;
  }

  /** The number of the first entry at or after a time. */
  long firstAtOrAfter(BsonTimestamp time) {
    long low = firstSequence();
    long high = next;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (get(middle).time().compareTo(time) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Forgets what is older; the newest entry always stays. */
  void truncate(BsonTimestamp before) {
    int count = 0;
    while (gone + count < entries.size() - 1
        && entries.get(gone + count).time().compareTo(before) < 0) {
      count++;
    }
    dropOldest(count);
  }

  private void dropOldest(int count) {
    truncated |= count > 0;
    gone += count;
    if (gone > 4_096 && gone > entries.size() / 2) {
      entries = new ArrayList<>(entries.subList(gone, entries.size()));
      gone = 0;
    }
  }

  @Nullable OplogEntry newest() {
    return entries.isEmpty() ? null : entries.get(entries.size() - 1);
  }
}
