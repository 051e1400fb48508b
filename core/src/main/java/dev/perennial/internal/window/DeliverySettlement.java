package dev.perennial.internal.window;

import dev.perennial.Delivery;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
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

  /** A nacked delivery whose event comes again after a wait. */
  private static final class Wait<E> extends LinkedQueue.Link<Wait<E>> {

    final TrackedDelivery<E> delivery;
    private long nanos;
    private boolean hasBegun;

    /** Makes a wait that has not begun. */
    Wait(TrackedDelivery<E> delivery, long nanos) {
      this.delivery = delivery;
      this.nanos = nanos;
    }

    /** Begins the wait, unless it has begun. */
    void begin(StreamRuntime runtime) {
      if (!hasBegun) {
        nanos += runtime.nanoTime();
        hasBegun = true;
      }
    }

    /** Returns when a wait that has begun ends, in the runtime's nanoseconds. */
    long end() {
      return nanos;
    }
  }

  private volatile Listener listener = NONE;

  /** Nacked deliveries without a wait that the pulling thread has not seen yet. */
  private final LinkedQueue<TrackedDelivery<E>> newlyNacked = new LinkedQueue<>();

  /** Nacked deliveries with a wait that the pulling thread has not seen yet. */
  private final LinkedQueue<Wait<E>> newlyWaiting = new LinkedQueue<>();

  /** Nacked deliveries that wait, by the end of their wait. Used only by the pulling thread. */
  private final PriorityQueue<Wait<E>> waiting =
      new PriorityQueue<>((one, other) -> Long.signum(one.end() - other.end()));

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
    Wait<E> queued = newWait(delivery, Math.min(Durations.nanos(wait), LONGEST_WAIT));
    if (!delivery.settle(Settlement.NACKED)) {
      return false;
    }
    try {
      if (queued == null) {
        newlyNacked.add(delivery);
      } else {
        newlyWaiting.add(queued);
      }
    } catch (Throwable e) {
      // The stack is full: nobody would hand the event out again.
      delivery.reopen();
      throw e;
    }
    nacked.incrementAndGet();
    listener.nacked();
    return true;
  }

  /**
   * Returns a wait. A nack must not fail for lack of memory: without the time, the wait begins when
   * the pulling thread sees the nack; without memory, there is none.
   */
  private @Nullable Wait<E> newWait(TrackedDelivery<E> delivery, long nanos) {
    Wait<E> wait = null;
    try {
      if (nanos > 0) {
        wait = new Wait<>(delivery, nanos);
        wait.begin(runtime);
      }
    } catch (Throwable e) {
      // As described above.
    }
    return wait;
  }

  /**
   * Makes all later acks too late: an ack is either counted before this call or too late. For the
   * {@code RedeliveryFilter}, whose positions only the pulling thread may use.
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
    return hasNewlyNacked() || !waiting.isEmpty() || !due.isEmpty();
  }

  /** Returns whether {@link #nextNacked} has something to do. */
  boolean isNackedDue() {
    Wait<E> next = waiting.peek();
    return hasNewlyNacked() || !due.isEmpty() || (next != null && isOver(next));
  }

  private boolean hasNewlyNacked() {
    return !newlyNacked.isEmpty() || !newlyWaiting.isEmpty();
  }

  private boolean isOver(Wait<E> wait) {
    return wait.end() - runtime.nanoTime() <= 0;
  }

  /** Returns the earlier of a deadline and the time at which the next nacked delivery is due. */
  Deadline untilNacked(Deadline deadline) {
    Wait<E> next = waiting.peek();
    return next == null
        ? deadline
        : deadline.atMost(Duration.ofNanos(Math.max(0, next.end() - runtime.nanoTime())));
  }

  /**
   * Returns a new delivery of the first nacked one that is due, null if none is. The window puts it
   * in place and then calls {@link #tookNacked}.
   */
  @Nullable TrackedDelivery<E> nextNacked() {
    takeNewlyNacked();
    for (Wait<E> next = waiting.peek(); next != null && isOver(next); next = waiting.peek()) {
      due.add(next.delivery);
      waiting.remove();
    }
    TrackedDelivery<E> old = due.peek();
    return old == null ? null : old.again();
  }

  private void takeNewlyNacked() {
    for (TrackedDelivery<E> next = newlyNacked.peek(); next != null; next = newlyNacked.peek()) {
      due.add(next);
      newlyNacked.remove();
    }
    for (Wait<E> next = newlyWaiting.peek(); next != null; next = newlyWaiting.peek()) {
      next.begin(runtime);
      waiting.add(next);
      newlyWaiting.remove();
    }
  }

  /** Returns the nacked deliveries that have not come again yet, in delivery order. */
  List<TrackedDelivery<E>> allNacked() {
    takeNewlyNacked();
    return Stream.concat(waiting.stream().map(wait -> wait.delivery), due.stream())
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
