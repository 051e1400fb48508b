package dev.perennial.simulators.mongo.storage;

import java.util.ArrayList;
import java.util.List;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The oplog: entries numbered from 0, of which the oldest can be removed. Guarded by the replica
 * set's lock.
 */
public final class Oplog {

  private final int limit;
  private final ClusterClock clock;
  private final Runnable appended;
  private List<OplogEntry> entries = new ArrayList<>();

  /** How many entries at the head of the list are removed; the list is cut once they are many. */
  private int gone;

  private long next;
  private boolean truncated;

  /** Entries before this time have lost their images; null for none. */
  private @Nullable BsonTimestamp imagesFrom;

  /**
   * @param limit how many entries it holds at most; 0 for no limit
   * @param clock gives each append its time
   * @param appended called after each append
   */
  public Oplog(int limit, ClusterClock clock, Runnable appended) {
    this.limit = limit;
    this.clock = clock;
    this.appended = appended;
  }

  public long nextSequence() {
    return next;
  }

  /** The number of the oldest entry. */
  public long firstSequence() {
    return next - (entries.size() - gone);
  }

  public BsonTimestamp append(Change change) {
    return append(List.of(change), null);
  }

  /** Appends changes at one time: those of a transaction are numbered from 0. */
  public BsonTimestamp append(List<Change> changes, OplogEntry.@Nullable Transaction transaction) {
    BsonTimestamp time = clock.tick();
    long wallTime = clock.millis();
    int index = 0;
    for (Change change : changes) {
      add(new OplogEntry(time, wallTime, change, index, transaction));
      index++;
    }
    appended.run();
    return time;
  }

  private void add(OplogEntry entry) {
    entries.add(entry);
    next++;
    if (limit > 0 && entries.size() - gone > limit) {
      dropOldest(entries.size() - gone - limit);
    }
  }

  public OplogEntry get(long sequence) {
    return entries.get((int) (sequence - firstSequence()) + gone);
  }

  public BsonTimestamp lastTime() {
    return entries.get(entries.size() - 1).time();
  }

  /** Whether all entries after a time are still there. */
  public boolean covers(BsonTimestamp time) {
    return !truncated || entries.get(gone).time().compareTo(time) <= 0;
  }

  /** The number of the first entry at or after a time. */
  public long firstAtOrAfter(BsonTimestamp time) {
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

  /** Removes the entries before a time; the newest entry always stays. */
  public void truncate(BsonTimestamp before) {
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

  /** Whether the images of an entry are still kept. */
  public boolean keepsImages(OplogEntry entry) {
    return imagesFrom == null || entry.time().compareTo(imagesFrom) >= 0;
  }

  /** Forgets the images of all entries before a time. */
  public void expireImages(BsonTimestamp before) {
    imagesFrom = before;
  }
}
