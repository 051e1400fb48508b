package dev.perennial.internal.window;

import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The window of a client-tracked stream: a ring of deliveries in delivery order. Acks arrive from
 * any thread in any order; the result is the watermark, the newest position up to and including
 * which everything is acked. The window is full when there are as many deliveries as its capacity
 * from the oldest that is not acked to the newest.
 *
 * <p>An ack only marks its own delivery, by compare-and-set, so a late ack affects no other. The
 * watermark moves when a thread reads it or needs room.
 */
public final class AckWindow<E, P extends Position> implements Window<E, P> {

  /** A position without an event. It counts once all deliveries before it are acked. */
  private record Mark<P>(long before, P position) {}

  private final int capacity;
  private final int mask;
  private final AtomicReferenceArray<TrackedDelivery<E>> ring;

  /**
   * When each delivery of the ring was received. Written before the delivery, which publishes it.
   */
  private final long[] receivedAt;

  private final Function<P, Checkpoint> encode;
  private final DeliverySettlement<E> settlement;

  /** Where the next delivery goes. Written only by the pulling thread. */
  private volatile long tail;

  /** The oldest delivery that is not acked. Written under the lock. */
  private volatile long head;

  /** Set when acks no longer count. Whoever sets it then looks at the deliveries. */
  private volatile boolean expired;

  // Guarded by this.
  private final ArrayDeque<Mark<P>> marks = new ArrayDeque<>();
  private @Nullable P watermark;

  /**
   * Makes a window.
   *
   * @param capacity how many deliveries from the oldest that is not acked to the newest
   * @param encode makes the checkpoint of a position
   */
  public AckWindow(int capacity, Function<P, Checkpoint> encode, StreamRuntime runtime) {
    this.capacity = capacity;
    this.encode = encode;
    this.settlement = new DeliverySettlement<>(runtime);
    int size = ringSize(capacity);
    this.mask = size - 1;
    this.ring = new AtomicReferenceArray<>(size);
    this.receivedAt = new long[size];
  }

  /** Returns the next power of two, so that a mask finds a slot in a ring. */
  static int ringSize(int capacity) {
    return Integer.highestOneBit(Math.max(1, capacity - 1)) << (capacity > 1 ? 1 : 0);
  }

  /** Returns the position to resume from after a crash; null if there is none yet. */
  public synchronized @Nullable P watermark() {
    advance();
    return watermark;
  }

  @Override
  public void onSettlement(DeliverySettlement.Listener listener) {
    settlement.onSettlement(listener);
  }

  @Override
  public boolean hasRoom() {
    return tail - head < capacity || makeRoom();
  }

  private synchronized boolean makeRoom() {
    advance();
    return tail - head < capacity;
  }

  @Override
  public TrackedDelivery<E> admit(Received.Event<E, P> event, long now) {
    long sequence = tail;
    TrackedDelivery<E> delivery = new TrackedDelivery<>(this, event, sequence);
    receivedAt[slot(sequence)] = now;
    ring.setRelease(slot(sequence), delivery);
    tail = sequence + 1;
    return expiredIfLate(delivery);
  }

  /**
   * Expires a delivery that was admitted after the window expired. {@link #expire} sets the flag
   * and then looks at the ring; this puts the delivery into the ring and then looks at the flag, so
   * no delivery escapes both.
   */
  private TrackedDelivery<E> expiredIfLate(TrackedDelivery<E> delivery) {
    if (expired) {
      delivery.settle(Settlement.EXPIRED);
    }
    return delivery;
  }

  @Override
  public synchronized void progress(P position) {
    advance();
    Mark<P> newest = marks.peekLast();
    if (newest != null && newest.before == tail) {
      marks.removeLast();
    }
    if (head == tail) {
      watermark = position;
    } else {
      marks.addLast(new Mark<>(tail, position));
    }
  }

  @Override
  public boolean hasNacked() {
    return settlement.hasNacked();
  }

  @Override
  public boolean isNackedDue() {
    return settlement.isNackedDue();
  }

  @Override
  public Deadline untilNacked(Deadline deadline) {
    return settlement.untilNacked(deadline);
  }

  @Override
  public List<TrackedDelivery<E>> allNacked() {
    return settlement.allNacked();
  }

  @Override
  public @Nullable TrackedDelivery<E> nextNacked() {
    TrackedDelivery<E> again = settlement.nextNacked();
    if (again == null) {
      return null;
    }
    ring.set(slot(again.sequence()), again);
    settlement.tookNacked();
    return expiredIfLate(again);
  }

  @Override
  public boolean ack(TrackedDelivery<E> delivery) {
    if (settlement.ack(delivery) == DeliverySettlement.NOT_COUNTED) {
      return false;
    }
    settlement.notifyAcked();
    return true;
  }

  @Override
  public boolean nack(TrackedDelivery<E> delivery, Duration wait) {
    try {
      return settlement.nack(delivery, wait);
    } catch (Throwable e) {
      // The delivery may be open again, and the window may have expired meanwhile.
      expiredIfLate(delivery);
      throw e;
    }
  }

  @Override
  public Optional<Checkpoint> checkpoint(TrackedDelivery<E> delivery) {
    return Optional.of(encode.apply(positionOf(delivery)));
  }

  @Override
  public long acked() {
    return settlement.acked();
  }

  @Override
  public long nacked() {
    return settlement.nacked();
  }

  @Override
  public int unacked() {
    return settlement.unacked(() -> tail, capacity);
  }

  @Override
  public synchronized Stream<Unacked<E>> allUnacked() {
    advance();
    List<Unacked<E>> unacked = new ArrayList<>();
    for (long i = head; i < tail; i++) {
      TrackedDelivery<E> delivery = at(i);
      if (delivery.settlement() != Settlement.ACKED) {
        unacked.add(unacked(i));
      }
    }
    return unacked.stream();
  }

  @Override
  public synchronized Optional<Unacked<E>> oldestUnacked() {
    advance();
    return head == tail ? Optional.empty() : Optional.of(unacked(head));
  }

  private Unacked<E> unacked(long sequence) {
    return new Unacked<>(at(sequence), receivedAt[slot(sequence)]);
  }

  @Override
  public synchronized int expire() {
    expired = true;
    advance();
    int unacked = 0;
    for (long i = head; i < tail; i++) {
      TrackedDelivery<E> delivery = at(i);
      delivery.settle(Settlement.EXPIRED);
      if (delivery.settlement() != Settlement.ACKED) {
        unacked++;
      }
    }
    return unacked;
  }

  private void advance() {
    long end = tail;
    long i = head;
    TrackedDelivery<E> last = null;
    while (i < end) {
      TrackedDelivery<E> delivery = at(i);
      if (delivery.settlement() != Settlement.ACKED) {
        break;
      }
      last = delivery;
      ring.setPlain(slot(i), null);
      i++;
    }
    if (last != null) {
      watermark = positionOf(last);
      head = i;
    }
    for (Mark<P> mark = marks.peek(); mark != null && mark.before <= i; mark = marks.peek()) {
      // A mark further back was overtaken by a later delivery.
      if (mark.before == i) {
        watermark = mark.position;
      }
      marks.remove();
    }
  }

  private TrackedDelivery<E> at(long sequence) {
    return ring.get(slot(sequence));
  }

  private int slot(long sequence) {
    return (int) sequence & mask;
  }

  @SuppressWarnings(
      "unchecked") // a client-tracked delivery keeps the position that it was admitted with
  private P positionOf(TrackedDelivery<E> delivery) {
    return (P) delivery.position();
  }
}
