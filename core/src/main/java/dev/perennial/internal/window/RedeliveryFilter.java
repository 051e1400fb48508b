package dev.perennial.internal.window;

import dev.perennial.StreamListener.RedeliveryDropped;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.StreamObserver;
import dev.perennial.internal.window.TrackedDelivery.Settlement;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Position;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The window of a server-tracked stream: a map by position, which tells a copy that the server
 * sends again from an event that is new. Acks are written through at once. Full when so many events
 * are unacked, so one slow event does not block the others.
 *
 * <p>Of acked events it remembers the newest ones, each until the source's horizon has passed since
 * the first time that nothing arrived after the ack: until then a copy may still wait in a buffer.
 */
public final class RedeliveryFilter<E, P extends Position> implements Window<E, P> {

  private final int capacity;
  private final DeliverySettlement<E> settlement = new DeliverySettlement<>();
  private final StreamObserver observer;
  private final DeliveryQueue<E> newlyAcked = new DeliveryQueue<>();
  private volatile @Nullable AckingConnection<E, P> connection;
  private volatile long admitted;

  // The pulling thread's; the closing thread looks at them only when that is out. In the window is
  // for a moment also what is acked already.
  private final Map<P, TrackedDelivery<E>> window = new HashMap<>();
  private final RecentAcks<P> memory;

  /** What is being put under a new key. */
  private @Nullable TrackedDelivery<E> moving;

  public RedeliveryFilter(int capacity, int memory, Duration horizon, StreamObserver observer) {
    this.capacity = capacity;
    this.memory = new RecentAcks<>(memory, Durations.nanos(horizon));
    this.observer = observer;
  }

  /**
   * Sends acks to this connection from now on, and also after its end until the next one is open:
   * the source then keeps them or leaves them to the copies that come.
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
  public @Nullable TrackedDelivery<E> admit(E event, P position) {
    remember();
    if (memory.contains(position)) {
      drop(position, true);
      return null;
    }
    long sequence = admitted;
    TrackedDelivery<E> delivery =
        new TrackedDelivery<>(this, event, position, 1, sequence, Settlement.OPEN);
    TrackedDelivery<E> seen = putIfAbsent(position, delivery);
    if (seen != null) {
      move(seen, position);
      drop(position, seen.settlement() == Settlement.ACKED);
      return null;
    }
    admitted = sequence + 1;
    return delivery;
  }

  /** A map that has no memory to grow throws after it took the entry in, which nobody would get. */
  private @Nullable TrackedDelivery<E> putIfAbsent(P position, TrackedDelivery<E> delivery) {
    try {
      return window.putIfAbsent(position, delivery);
    } catch (Throwable e) {
      window.remove(position, delivery);
      throw e;
    }
  }

  /**
   * The newest position is the delivery's and the key from now on, so that an old connection is not
   * kept alive by the old one. An ack marks first and reads the position then; we do it the other
   * way round, so no ack falls between.
   */
  private void move(TrackedDelivery<E> seen, P position) {
    seen.moveTo(position);
    moving = seen;
    putBack();
  }

  /** Puts the delivery under its new key, also if there was no memory for that before. */
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
    observer.redeliveryDropped(new RedeliveryDropped(position, done));
  }

  @Override
  public void progress(P position) {}

  @Override
  public boolean hasNacked() {
    return settlement.hasNacked();
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
    settlement.tell();
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
      // The ack counts all the same; the server sends the event again, and we ack the copy.
      observer.acknowledgeFailed(e);
    }
  }

  @Override
  public boolean nack(TrackedDelivery<E> delivery) {
    return settlement.nack(delivery);
  }

  @Override
  public long acked() {
    return settlement.acked();
  }

  @Override
  public int unacked() {
    return settlement.unacked(() -> admitted, capacity);
  }

  @Override
  public Optional<Position> oldestUnacked() {
    return open()
        .min(Comparator.comparingLong(TrackedDelivery::sequence))
        .map(TrackedDelivery::position);
  }

  @Override
  public int expire() {
    settlement.expire();
    return unacked();
  }

  private Stream<TrackedDelivery<E>> open() {
    return window.values().stream().filter(delivery -> delivery.settlement() != Settlement.ACKED);
  }

  /** Keeps, of what was acked since the last time, only the positions. */
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
