package dev.perennial.internal.window;

import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The window of a server-tracked stream: an index by position, which distinguishes a redelivery
 * from a new event. Acks go to the connection at once. The window is full when its number of
 * unacked events is, so one slow event does not block the others.
 *
 * <p>It remembers the newest acked positions, each until the source's horizon has passed since
 * nothing arrived for the first time after the ack: until then a copy may still wait in a buffer.
 */
public final class RedeliveryFilter<E, P extends Position> implements Window<E, P> {

  private final int capacity;
  private final DeliverySettlement<E> settlement;
  private final StreamObserver observer;
  private volatile @Nullable AckingConnection<E, P> connection;
  private volatile long admitted;

  /**
   * The deliveries, each in its place until the pulling thread has seen its ack. Written only by
   * the pulling thread.
   */
  private final AtomicReferenceArray<@Nullable TrackedDelivery<E>> places;

  /** When the delivery in each place was received. Written before it. */
  private final long[] receivedAt;

  /**
   * The acked deliveries that the pulling thread has not seen yet: a ring in the order in which
   * acks are counted, with room for every place.
   */
  private final AtomicReferenceArray<@Nullable TrackedDelivery<E>> newlyAcked;

  // Used only by the pulling thread.

  private final PositionIndex<P> index = new PositionIndex<>(this::positionAt);
  private final RecentAcks<P> memory;

  /** The free places, the first {@link #freeCount}. */
  private final int[] free;

  private int freeCount;

  /** How many acks the pulling thread has seen. */
  private long remembered;

  public RedeliveryFilter(
      int capacity, int memory, Duration horizon, StreamObserver observer, StreamRuntime runtime) {
    this.capacity = capacity;
    this.settlement = new DeliverySettlement<>(runtime);
    this.memory = new RecentAcks<>(memory, Durations.nanos(horizon));
    this.observer = observer;
    this.places = new AtomicReferenceArray<>(capacity);
    this.receivedAt = new long[capacity];
    this.newlyAcked = new AtomicReferenceArray<>(AckWindow.ringSize(capacity));
    this.free = IntStream.range(0, capacity).toArray();
    this.freeCount = capacity;
  }

  /**
   * Sends acks to this connection from now on, also after it has ended, until the next one is open.
   * The source then keeps them, or acks the copies that come again.
   */
  public void connected(AckingConnection<E, P> live) {
    connection = live;
  }

  @Override
  public void onSettlement(DeliverySettlement.Listener listener) {
    settlement.onSettlement(listener);
  }

  @Override
  public boolean hasRoom() {
    if (freeCount == 0) {
      remember();
    }
    return freeCount > 0;
  }

  @Override
  public @Nullable TrackedDelivery<E> admit(Received.Event<E, P> event, long now) {
    remember();
    P position = event.position();
    if (memory.contains(position)) {
      drop(position, true);
      return null;
    }
    int known = index.find(position);
    if (known >= 0) {
      // An ack marks first and then reads the position; this is the other order, so the ack reaches
      // the newest connection.
      TrackedDelivery<E> seen = places.getPlain(known);
      seen.moveTo(position);
      drop(position, seen.settlement() == Settlement.ACKED);
      return null;
    }
    long sequence = admitted;
    TrackedDelivery<E> delivery = new TrackedDelivery<>(this, event, sequence);
    int place = free[freeCount - 1];
    index.put(position.hashCode(), place);
    receivedAt[place] = now;
    places.setRelease(place, delivery);
    freeCount--;
    admitted = sequence + 1;
    return delivery;
  }

  private void drop(P position, boolean done) {
    if (done) {
      acknowledge(position);
    }
    observer.redeliveryDropped(position, done);
  }

  @Override
  public void progress(P position) {}

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
    if (again != null) {
      places.setRelease(index.find(positionOf(again)), again);
      settlement.tookNacked();
    }
    return again;
  }

  @Override
  public void idle(long now) {
    remember();
    memory.idle(now);
  }

  @Override
  public boolean ack(TrackedDelivery<E> delivery) {
    long before = settlement.ack(delivery);
    if (before == DeliverySettlement.NOT_COUNTED) {
      return false;
    }
    // A volatile write, because the listener then looks for waiting threads: either it sees the
    // thread, or the thread sees this ack.
    newlyAcked.set(slot(before), delivery);
    acknowledge(positionOf(delivery));
    settlement.notifyAcked();
    return true;
  }

  private void acknowledge(P position) {
    AckingConnection<E, P> newest = connection;
    if (newest == null) {
      return;
    }
    try {
      newest.acknowledge(position);
    } catch (Throwable e) {
      // The ack still counts: the server resends the event, and the redelivery is acked.
      observer.acknowledgeFailed(e);
    }
  }

  @Override
  public boolean nack(TrackedDelivery<E> delivery, Duration wait) {
    return settlement.nack(delivery, wait);
  }

  @Override
  public Optional<Checkpoint> checkpoint(TrackedDelivery<E> delivery) {
    return Optional.empty();
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
    return settlement.unacked(() -> admitted, capacity);
  }

  @Override
  public Optional<Unacked<E>> oldestUnacked() {
    return allUnacked().min(Comparator.comparingLong(unacked -> unacked.delivery().sequence()));
  }

  @Override
  public int expire() {
    settlement.expire();
    return unacked();
  }

  @Override
  public Stream<Unacked<E>> allUnacked() {
    return IntStream.range(0, capacity).mapToObj(this::unackedAt).filter(Objects::nonNull);
  }

  private @Nullable Unacked<E> unackedAt(int place) {
    TrackedDelivery<E> delivery = places.getAcquire(place);
    return delivery == null || delivery.settlement() == Settlement.ACKED
        ? null
        : new Unacked<>(delivery, receivedAt[place]);
  }

  /** Keeps only the positions of what was acked since the last call, and frees the places. */
  private void remember() {
    for (TrackedDelivery<E> done = newlyAcked.getAcquire(slot(remembered));
        done != null;
        done = newlyAcked.getAcquire(slot(remembered))) {
      P position = positionOf(done);
      memory.add(position);
      int place = index.find(position);
      index.remove(position.hashCode(), place);
      places.setRelease(place, null);
      free[freeCount++] = place;
      newlyAcked.setPlain(slot(remembered), null);
      remembered++;
    }
  }

  private int slot(long ack) {
    return (int) ack & (newlyAcked.length() - 1);
  }

  private P positionAt(int place) {
    return positionOf(places.getPlain(place));
  }

  @SuppressWarnings("unchecked") // admitted and moved with positions of this source only
  private P positionOf(TrackedDelivery<E> delivery) {
    return (P) delivery.position();
  }
}
