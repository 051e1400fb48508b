package dev.perennial;

import dev.perennial.Delivery.Settlement;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a window's deliveries are settled, whatever it keeps them in: each once, acks counted, nacked
 * ones queued. Safe for use from any thread, but for the nacked ones, which are the puller's.
 *
 * <p>What may fail comes after what counts: a delivery that is marked is counted or queued without
 * a need for memory, and only then is anybody told.
 */
final class Settling<E> {

  /** The bit of the count which says that no further ack counts. */
  private static final long EXPIRED = Long.MIN_VALUE;

  private final Settlements settlements;
  private final NackQueue<E> nacked = new NackQueue<>();
  private final AtomicLong acked = new AtomicLong();

  Settling(Settlements settlements) {
    this.settlements = settlements;
  }

  /**
   * Marks a delivery as acked and counts it; what else the ack brings about, and {@link #tell}, is
   * for the window. False if it was settled before, or expired.
   */
  boolean ack(Delivery<E> delivery) {
    if (isExpired()) {
      delivery.settle(Settlement.EXPIRED);
    }
    if (!delivery.settle(Settlement.ACKED)) {
      if (delivery.settlement() != Settlement.ACKED) {
        settlements.ackedTooLate(delivery);
      }
      return false;
    }
    if (acked.getAndIncrement() < 0) {
      acked.decrementAndGet();
      delivery.expire();
      settlements.ackedTooLate(delivery);
      return false;
    }
    return true;
  }

  /** Tells of an ack that was counted. */
  void tell() {
    settlements.acked();
  }

  /** Marks a delivery as nacked, to be handed out again. False if it was settled before. */
  boolean nack(Delivery<E> delivery) {
    if (isExpired()) {
      delivery.settle(Settlement.EXPIRED);
    }
    if (!delivery.settle(Settlement.NACKED)) {
      return false;
    }
    nacked.add(delivery);
    settlements.nacked();
    return true;
  }

  /**
   * No ack counts from now on. For windows that cannot look at all their deliveries from any
   * thread; each ack is counted before this or comes too late.
   */
  void expire() {
    acked.getAndUpdate(count -> count | EXPIRED);
  }

  private boolean isExpired() {
    return acked.get() < 0;
  }

  /** How many acks were counted. */
  long acked() {
    return acked.get() & ~EXPIRED;
  }

  /** How many deliveries of those admitted are not counted as acked; at most {@code capacity}. */
  int unacked(LongSupplier admitted, int capacity) {
    // Acks first, so that the difference is never below zero. What is admitted and acked meanwhile
    // then counts as unacked, which the window bounds.
    long done = acked();
    return (int) Math.min(capacity, admitted.getAsLong() - done);
  }

  /** Whether a nacked delivery waits. */
  boolean hasNacked() {
    return !nacked.isEmpty();
  }

  /**
   * A new delivery of the first nacked one, for the window to put in its place and then to {@link
   * #tookNacked() take}; null if none waits.
   */
  @Nullable Delivery<E> nextNacked() {
    Delivery<E> old = nacked.peek();
    return old == null ? null : old.again();
  }

  /** Takes the delivery off the queue of which the next attempt is in the window. */
  void tookNacked() {
    nacked.remove();
  }
}
