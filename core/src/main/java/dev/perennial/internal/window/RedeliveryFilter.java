package dev.perennial.internal.window;

import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The window of a server-tracked stream: a map by position, which distinguishes a redelivery from a
 * new event. Acks go to the connection at once. The window is full when its number of unacked
 * events is, so one slow event does not block the others.
 *
 * <p>It remembers the newest acked positions, each until the source's horizon has passed since
 * nothing arrived for the first time after the ack: until then a copy may still wait in a buffer.
 */
public final class RedeliveryFilter<E, P extends Position> implements Window<E, P> {

  private final int capacity;
  private final DeliverySettlement<E> settlement;
  private final StreamObserver observer;
  private final DeliveryQueue<E> newlyAcked = new DeliveryQueue<>();
  private volatile @Nullable AckingConnection<E, P> connection;
  private volatile long admitted;

  /**
   * The deliveries by position, among them some that were just acked. Changed only by the pulling
   * thread, read by any.
   */
  private final Map<P, TrackedDelivery<E>> window = new ConcurrentHashMap<>();

  // Used only by the pulling thread.
  private final RecentAcks<P> memory;

  /** The delivery that is being moved to a new key. */
  private @Nullable TrackedDelivery<E> moving;

  public RedeliveryFilter(
      int capacity, int memory, Duration horizon, StreamObserver observer, StreamRuntime runtime) {
    this.capacity = capacity;
    this.settlement = new DeliverySettlement<>(runtime);
    this.memory = new RecentAcks<>(memory, Durations.nanos(horizon));
    this.observer = observer;
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
    return admitted - settlement.acked() < capacity;
  }

  @Override
  public @Nullable TrackedDelivery<E> admit(E event, P position, long now) {
    remember();
    if (memory.contains(position)) {
      drop(position, true);
      return null;
    }
    long sequence = admitted;
    TrackedDelivery<E> delivery = new TrackedDelivery<>(this, event, position, 1, sequence, now);
    TrackedDelivery<E> seen = putIfAbsent(position, delivery);
    if (seen != null) {
      move(seen, position);
      drop(position, seen.settlement() == Settlement.ACKED);
      return null;
    }
    admitted = sequence + 1;
    return delivery;
  }

  /**
   * Adds the delivery unless its position is known. A map that cannot grow for lack of memory
   * throws after it has taken the entry, so the entry is removed.
   */
  private @Nullable TrackedDelivery<E> putIfAbsent(P position, TrackedDelivery<E> delivery) {
    try {
      return window.putIfAbsent(position, delivery);
    } catch (Throwable e) {
      window.remove(position, delivery);
      throw e;
    }
  }

  /**
   * Makes the newest position the delivery's position and key, so that the old position does not
   * keep its connection alive. An ack marks first and then reads the position; this is the other
   * order, so no ack is lost between.
   */
  private void move(TrackedDelivery<E> seen, P position) {
    seen.moveTo(position);
    moving = seen;
    putBack();
  }

  /** Puts the delivery under its new key, also if an earlier attempt ran out of memory. */
  private void putBack() {
    TrackedDelivery<E> moved = moving;
    if (moved != null) {
      P position = positionOf(moved);
      window.remove(position);
      window.put(position, moved);
      moving = null;
    }
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
      window.put(positionOf(again), again);
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
    if (!settlement.ack(delivery)) {
      return false;
    }
    acknowledge(positionOf(delivery));
    newlyAcked.add(delivery);
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
  public Optional<TrackedDelivery<E>> oldestUnacked() {
    return allUnacked().min(Comparator.comparingLong(TrackedDelivery::sequence));
  }

  @Override
  public int expire() {
    settlement.expire();
    return unacked();
  }

  @Override
  public Stream<TrackedDelivery<E>> allUnacked() {
    return window.values().stream().filter(delivery -> delivery.settlement() != Settlement.ACKED);
  }

  /** Keeps only the positions of what was acked since the last call. */
  private void remember() {
    putBack();
    for (TrackedDelivery<E> done = newlyAcked.peek(); done != null; done = newlyAcked.peek()) {
      P position = positionOf(done);
      memory.add(position);
      window.remove(position);
      newlyAcked.remove();
    }
  }

  @SuppressWarnings("unchecked") // admitted and moved with positions of this source only
  private P positionOf(TrackedDelivery<E> delivery) {
    return (P) delivery.position();
  }
}
