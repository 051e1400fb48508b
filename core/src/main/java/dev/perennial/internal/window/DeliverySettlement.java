package dev.perennial.internal.window;

import dev.perennial.Delivery;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.window.TrackedDelivery.NextAttempt;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The settlement of a window's deliveries: it settles each once, counts acks and queues nacked
 * deliveries. Safe for use from any thread, except that only the pulling thread uses the nacked
 * ones.
 *
 * <p>What may fail comes last: a marked delivery is counted or queued without allocating memory,
 * and only then is the listener called.
 */
public final class DeliverySettlement<E> {

  /** The bit of the count that says that no further ack counts. */
  private static final long EXPIRED = Long.MIN_VALUE;

  /** What {@link #ack} returns for a delivery whose ack does not count. */
  static final long NOT_COUNTED = -1;

  /** A longer wait, of 146 years, counts as this: with it, times can be compared by difference. */
  private static final long LONGEST_WAIT = Long.MAX_VALUE / 2;

  /** What follows a settlement. Called on the thread that settles. */
  public interface Listener {

    void acked();

    void nacked();

    /** Called for an ack of a delivery that was nacked, or whose stream is closed. */
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

  /** Deliveries that were nacked and that the pulling thread has not seen yet. */
  private final DeliveryQueue<E> newlyNacked = new DeliveryQueue<>();

  /** Nacked deliveries that wait, by the end of their wait. Used only by the pulling thread. */
  private final PriorityQueue<TrackedDelivery<E>> waiting =
      new PriorityQueue<>((one, other) -> Long.signum(one.due() - other.due()));

  /** Nacked deliveries that are due, in delivery order. Used only by the pulling thread. */
  private final PriorityQueue<TrackedDelivery<E>> due =
      new PriorityQueue<>(Comparator.comparingLong(TrackedDelivery::sequence));

  private final StreamRuntime runtime;
  private final AtomicLong acked = new AtomicLong();
  private final AtomicLong nacked = new AtomicLong();

  DeliverySettlement(StreamRuntime runtime) {
    this.runtime = runtime;
  }

  /** Sets what follows a settlement. Called once, before the stream is used. */
  void onSettlement(Listener listener) {
    this.listener = listener;
  }

  /**
   * Marks a delivery as acked and counts it. The window then does its own part and calls {@link
   * #notifyAcked}.
   *
   * @return how many acks were counted before this one; {@link #NOT_COUNTED} if the delivery was
   *     settled before, or has expired
   */
  public long ack(TrackedDelivery<E> delivery) {
    if (isExpired()) {
      delivery.settle(Settlement.EXPIRED);
    }
    if (!delivery.settle(Settlement.ACKED)) {
      if (delivery.settlement() != Settlement.ACKED) {
        listener.ackedTooLate(delivery);
      }
      return NOT_COUNTED;
    }
    long before = acked.getAndIncrement();
    if (before < 0) {
      acked.decrementAndGet();
      delivery.expire();
      listener.ackedTooLate(delivery);
      return NOT_COUNTED;
    }
    return before;
  }

  /** Notifies the listener of an ack that was counted. */
  public void notifyAcked() {
    listener.acked();
  }

  /**
   * Marks a delivery as nacked and queues it. Returns false if it was settled before.
   *
   * @param wait how long until it may come again
   */
  public boolean nack(TrackedDelivery<E> delivery, Duration wait) {
    if (isExpired()) {
      delivery.settle(Settlement.EXPIRED);
    }
    if (!settleNacked(delivery, Math.min(Durations.nanos(wait), LONGEST_WAIT))) {
      return false;
    }
    newlyNacked.add(delivery);
    nacked.incrementAndGet();
    listener.nacked();
    return true;
  }

  private boolean settleNacked(TrackedDelivery<E> delivery, long wait) {
    // A nack must not fail for lack of memory.
    try {
      return wait == 0
          ? delivery.settle(Settlement.NACKED)
          : delivery.nack(NextAttempt.AT_A_TIME, runtime.nanoTime() + wait);
    } catch (Throwable noTime) {
      try {
        return delivery.nack(NextAttempt.AFTER_A_WAIT, wait);
      } catch (Throwable noWait) {
        return delivery.settle(Settlement.NACKED);
      }
    }
  }

  /**
   * Makes all later acks too late: an ack is either counted before this call or too late. For the
   * {@code RedeliveryFilter}, whose index only the pulling thread may use.
   */
  public void expire() {
    acked.getAndUpdate(count -> count | EXPIRED);
  }

  private boolean isExpired() {
    return acked.get() < 0;
  }

  /** Returns how many acks were counted. */
  public long acked() {
    return acked.get() & ~EXPIRED;
  }

  /**
   * Returns how many of the admitted deliveries are not counted as acked, at most {@code capacity}.
   */
  public int unacked(LongSupplier admitted, int capacity) {
    // Acks are read first, so that the difference is never negative. An event that is admitted and
    // acked meanwhile counts as unacked, up to the capacity.
    long done = acked();
    return (int) Math.min(capacity, admitted.getAsLong() - done);
  }

  /** Returns how many deliveries were nacked. */
  public long nacked() {
    return nacked.get();
  }

  /** Returns whether a nacked delivery has not come again yet. */
  boolean hasNacked() {
    return !newlyNacked.isEmpty() || !waiting.isEmpty() || !due.isEmpty();
  }

  /** Returns whether {@link #nextNacked} has something to do. */
  boolean isNackedDue() {
    TrackedDelivery<E> next = waiting.peek();
    return !newlyNacked.isEmpty() || !due.isEmpty() || (next != null && isDue(next));
  }

  private boolean isDue(TrackedDelivery<E> delivery) {
    return delivery.due() - runtime.nanoTime() <= 0;
  }

  /** Returns the earlier of a deadline and the time at which the next nacked delivery is due. */
  Deadline untilNacked(Deadline deadline) {
    TrackedDelivery<E> next = waiting.peek();
    return next == null
        ? deadline
        : deadline.atMost(Duration.ofNanos(Math.max(0, next.due() - runtime.nanoTime())));
  }

  /**
   * Returns a new delivery of the first nacked one that is due, null if none is. The window puts it
   * in place and then calls {@link #tookNacked}.
   */
  @Nullable TrackedDelivery<E> nextNacked() {
    takeNewlyNacked();
    for (TrackedDelivery<E> next = waiting.peek();
        next != null && isDue(next);
        next = waiting.peek()) {
      due.add(next);
      waiting.remove();
    }
    TrackedDelivery<E> old = due.peek();
    return old == null ? null : old.again();
  }

  private void takeNewlyNacked() {
    for (TrackedDelivery<E> next = newlyNacked.peek(); next != null; next = newlyNacked.peek()) {
      if (next.next() == NextAttempt.AFTER_A_WAIT) {
        next.schedule(runtime.nanoTime());
      }
      (next.next() == NextAttempt.AT_ONCE ? due : waiting).add(next);
      newlyNacked.remove();
    }
  }

  /** Returns the nacked deliveries that have not come again yet, in delivery order. */
  List<TrackedDelivery<E>> allNacked() {
    takeNewlyNacked();
    return Stream.concat(waiting.stream(), due.stream())
        .sorted(Comparator.comparingLong(TrackedDelivery::sequence))
        .toList();
  }

  /**
   * Removes the nacked delivery whose next attempt is in the window. Called last, so that an error
   * before it loses nothing.
   */
  void tookNacked() {
    due.remove();
  }
}
