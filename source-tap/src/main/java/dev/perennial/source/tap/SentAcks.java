package dev.perennial.source.tap;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The acks given to one channel that Tap has not confirmed. Acks are added by any thread without a
 * lock; the receiving thread drops what is confirmed, in two generations, so up to twice as much is
 * kept as lies between two confirmations.
 */
final class SentAcks {

  /**
   * How many acks a generation holds at most, 5 MB or so; what is dropped earlier waits for copies.
   */
  private static final int GENERATION = 32_768;

  private final AtomicLong begun = new AtomicLong();
  private volatile Queue<TapPosition> newer = new ConcurrentLinkedQueue<>();

  // The receiving thread's.
  private Queue<TapPosition> older = new ConcurrentLinkedQueue<>();

  /**
   * How many acks were begun when the older generation ended: all of them are confirmed with that
   * one.
   */
  private long olderEnd;

  /** An ack is about to be given to the channel. */
  void begin() {
    begun.incrementAndGet();
  }

  /** The ack was given to the channel. */
  void add(TapPosition position) {
    // Read after the channel took it: if a new generation has begun meanwhile, it goes into that.
    newer.add(position);
  }

  /** Drops what Tap has read: so many messages, counted from the first. */
  void confirmed(long messages) {
    boolean olderRead = messages >= olderEnd;
    long later = begun.get() - olderEnd;
    if (olderRead ? later > 0 || !older.isEmpty() : later >= GENERATION) {
      older = newer;
      newer = new ConcurrentLinkedQueue<>();
      olderEnd = begun.get();
    }
  }

  /** All that is not confirmed, the oldest first. */
  List<TapPosition> unconfirmed() {
    List<TapPosition> all = new ArrayList<>(older);
    all.addAll(newer);
    return all;
  }
}
