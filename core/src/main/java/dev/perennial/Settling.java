package dev.perennial;

import dev.perennial.Delivery.Settlement;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a window's deliveries are settled, whatever it keeps them in: each once, acks counted, nacked
 * ones queued. Safe for use from any thread, but for the nacked ones, which are the puller's.
 */
final class Settling<E> {

  private final Settlements settlements;
  private final NackQueue<E> nacked = new NackQueue<>();
  private final AtomicLong acked = new AtomicLong();

  Settling(Settlements settlements) {
    this.settlements = settlements;
  }

  /**
   * Marks a delivery as acked; what else the ack brings about, and {@link #count}, is for the
   * window. False if it was settled before.
   */
  boolean ack(Delivery<E> delivery) {
    if (delivery.settle(Settlement.ACKED)) {
      return true;
    }
    if (delivery.settlement() != Settlement.ACKED) {
      settlements.ackedTooLate(delivery);
    }
    return false;
  }

  /** Counts an ack, and tells of it. */
  void count() {
    acked.incrementAndGet();
    settlements.acked();
  }

  /** Marks a delivery as nacked, to be handed out again. False if it was settled before. */
  boolean nack(Delivery<E> delivery) {
    if (!delivery.settle(Settlement.NACKED)) {
      return false;
    }
    nacked.add(delivery);
    settlements.nacked();
    return true;
  }

  /** How many acks were counted. */
  long acked() {
    return acked.get();
  }

  /** How many deliveries of those admitted are not counted as acked; at most {@code capacity}. */
  int unacked(LongSupplier admitted, int capacity) {
    // Acks first, so that the difference is never below zero. What is admitted and acked meanwhile
    // then counts as unacked, which the window bounds.
    long done = acked.get();
    return (int) Math.min(capacity, admitted.getAsLong() - done);
  }

  /** Whether a nacked delivery waits. */
  boolean hasNacked() {
    return !nacked.isEmpty();
  }

  /**
   * A new delivery of the first nacked one, for the window to put in its place; null if none waits.
   */
  @Nullable Delivery<E> nextNacked() {
    Delivery<E> old = nacked.poll();
    return old == null ? null : old.again();
  }
}
