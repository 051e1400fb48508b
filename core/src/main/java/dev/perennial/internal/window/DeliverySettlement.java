package dev.perennial.internal.window;

import dev.perennial.Delivery;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import java.util.Comparator;
import java.util.PriorityQueue;
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
public final class DeliverySettlement<E> {

  /** The bit of the count which says that no further ack counts. */
  private static final long EXPIRED = Long.MIN_VALUE;

  /** What follows when deliveries are settled. Called by whichever thread settles. */
  public interface Listener {

    void acked();

    void nacked();

    /** An ack came for a delivery that was nacked, or whose stream is closed. */
    void ackedTooLate(Delivery<?> delivery);
  }

  private static final Listener NONE =
      new Listener() {
        @Override
        public void acked() {}

        @Override
        public void nacked() {}

        @Override
        public void ackedTooLate(Delivery<?> delivery) {}
      };

  private volatile Listener listener = NONE;

  /** Nacked by any thread, not yet looked at by the pulling thread. */
  private final DeliveryQueue<E> newlyNacked = new DeliveryQueue<>();

  /** Nacked, in the order of delivery. Used only by the pulling thread. */
  private final PriorityQueue<TrackedDelivery<E>> nacked =
      new PriorityQueue<>(Comparator.comparingLong(TrackedDelivery::sequence));

  private final AtomicLong acked = new AtomicLong();

  /** Sets what follows when a delivery is settled. Called once, before the stream is used. */
  void onSettlement(Listener listener) {
    this.listener = listener;
  }

  /**
   * Marks a delivery as acked and counts it; what else the ack brings about, and {@link #tell}, is
   * for the window. False if it was settled before, or expired.
   */
  public boolean ack(TrackedDelivery<E> delivery) {
    if (isExpired()) {
      delivery.settle(Settlement.EXPIRED);
    }
    if (!delivery.settle(Settlement.ACKED)) {
      if (delivery.settlement() != Settlement.ACKED) {
        listener.ackedTooLate(delivery);
      }
      return false;
    }
    if (acked.getAndIncrement() < 0) {
      acked.decrementAndGet();
      delivery.expire();
      listener.ackedTooLate(delivery);
      return false;
    }
    return true;
  }

  /** Tells of an ack that was counted. */
  public void tell() {
    listener.acked();
  }

  /** Marks a delivery as nacked, to be handed out again. False if it was settled before. */
  public boolean nack(TrackedDelivery<E> delivery) {
    if (isExpired()) {
      delivery.settle(Settlement.EXPIRED);
    }
    if (!delivery.settle(Settlement.NACKED)) {
      return false;
    }
    newlyNacked.add(delivery);
    listener.nacked();
    return true;
  }

  /**
   * No ack counts from now on. For windows that cannot look at all their deliveries from any
   * thread; each ack is counted before this or comes too late.
   */
  public void expire() {
    acked.getAndUpdate(count -> count | EXPIRED);
  }

  private boolean isExpired() {
    return acked.get() < 0;
  }

  /** How many acks were counted. */
  public long acked() {
    return acked.get() & ~EXPIRED;
  }

  /** How many deliveries of those admitted are not counted as acked; at most {@code capacity}. */
  public int unacked(LongSupplier admitted, int capacity) {
    // Acks first, so that the difference is never below zero. What is admitted and acked meanwhile
    // then counts as unacked, which the window bounds.
    long done = acked();
    return (int) Math.min(capacity, admitted.getAsLong() - done);
  }

  /** Returns whether a nacked delivery waits. */
  boolean hasNacked() {
    return !newlyNacked.isEmpty() || !nacked.isEmpty();
  }

  /**
   * Returns a new delivery of the first nacked one, for the window to put in its place and then to
   * {@link #tookNacked() take}; null if none waits.
   */
  @Nullable TrackedDelivery<E> nextNacked() {
    for (TrackedDelivery<E> next = newlyNacked.peek(); next != null; next = newlyNacked.peek()) {
      nacked.add(next);
      newlyNacked.remove();
    }
    TrackedDelivery<E> old = nacked.peek();
    return old == null ? null : old.again();
  }

  /**
   * Takes the delivery off the queue of which the next attempt is in the window: not before, so
   * that an error on the way leaves it here.
   */
  void tookNacked() {
    nacked.remove();
  }
}
