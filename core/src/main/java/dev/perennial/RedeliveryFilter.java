package dev.perennial;

import dev.perennial.Delivery.Settlement;
import dev.perennial.StreamListener.RedeliveryDropped;
import dev.perennial.port.AckingConnection;
import dev.perennial.port.Position;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The window of a server-tracked stream: a map by position, which tells a copy that the server
 * sends again from an event that is new. Acks are written through at once. Full when so many events
 * are unacked, so one slow event does not block the others.
 *
 * <p>Of acked events it remembers the newest ones, each until the source's horizon has passed since
 * the first time that nothing arrived after the ack: until then a copy may still wait in a buffer.
 */
final class RedeliveryFilter<E, P extends Position> implements Window<E, P> {

  /** An acked event that is forgotten at a time. */
  private record Aging<E>(Delivery<E> delivery, long until) {}

  private final int capacity;
  private final int memory;
  private final long horizon;
  private final Settlements settlements;
  private final Observer observer;
  private final NackQueue<E> nacked = new NackQueue<>();
  private final AtomicLong acked = new AtomicLong();
  private final Queue<Delivery<E>> newlyAcked = new ConcurrentLinkedQueue<>();
  private volatile @Nullable AckingConnection<E, P> connection;
  private volatile long admitted;

  // The pulling thread's; who closes the stream looks at them when that is out.
  private final Map<P, Delivery<E>> known = new HashMap<>();
  private final ArrayDeque<Delivery<E>> fresh = new ArrayDeque<>();
  private final ArrayDeque<Aging<E>> aging = new ArrayDeque<>();

  RedeliveryFilter(
      int capacity, int memory, Duration horizon, Settlements settlements, Observer observer) {
    this.capacity = capacity;
    this.memory = memory;
    this.horizon = Durations.nanos(horizon);
    this.settlements = settlements;
    this.observer = observer;
  }

  /** Where acks go from now on; null while there is no connection, and acks only mark. */
  void connection(@Nullable AckingConnection<E, P> connection) {
    this.connection = connection;
  }

  @Override
  public boolean hasRoom() {
    return admitted - acked.get() < capacity;
  }

  @Override
  public @Nullable Delivery<E> admit(E event, P position, long now) {
    remember();
    forget(now);
    Delivery<E> seen = known.remove(position);
    if (seen != null) {
      known.put(position, seen);
      return drop(seen, position);
    }
    long sequence = admitted;
    Delivery<E> delivery = new Delivery<>(this, event, position, 1, sequence, Settlement.OPEN);
    known.put(position, delivery);
    admitted = sequence + 1;
    return delivery;
  }

  private @Nullable Delivery<E> drop(Delivery<E> seen, P position) {
    // An ack marks first and reads the position then; we do it the other way round, so no ack falls
    // between.
    seen.moveTo(position);
    boolean done = seen.settlement() == Settlement.ACKED;
    if (done) {
      acknowledge(position);
    }
    observer.redeliveryDropped(new RedeliveryDropped(position, done));
    return null;
  }

  @Override
  public void progress(P position) {}

  @Override
  public boolean hasNacked() {
    return !nacked.isEmpty();
  }

  @Override
  public @Nullable Delivery<E> nextNacked() {
    Delivery<E> old = nacked.poll();
    if (old == null) {
      return null;
    }
    Delivery<E> again =
        new Delivery<>(
            this, old.event(), old.position(), old.attempt() + 1, old.sequence(), Settlement.OPEN);
    known.put(positionOf(old), again);
    return again;
  }

  @Override
  public void idle(long now) {
    remember();
    for (Delivery<E> delivery = fresh.poll(); delivery != null; delivery = fresh.poll()) {
      aging.add(new Aging<>(delivery, now + horizon));
    }
    forget(now);
  }

  @Override
  public boolean ack(Delivery<E> delivery) {
    if (!delivery.settle(Settlement.ACKED)) {
      if (delivery.settlement() != Settlement.ACKED) {
        settlements.ackedTooLate(delivery);
      }
      return false;
    }
    acknowledge(positionOf(delivery));
    newlyAcked.add(delivery);
    acked.incrementAndGet();
    settlements.acked();
    return true;
  }

  private void acknowledge(P position) {
    AckingConnection<E, P> live = connection;
    if (live != null) {
      live.acknowledge(position);
    }
  }

  @Override
  public boolean nack(Delivery<E> delivery) {
    if (!delivery.settle(Settlement.NACKED)) {
      return false;
    }
    nacked.add(delivery);
    settlements.nacked();
    return true;
  }

  @Override
  public long acked() {
    return acked.get();
  }

  @Override
  public int unacked() {
    // Acks first, so that the difference is never below zero. What is admitted and acked meanwhile
    // then counts as unacked, which the window bounds.
    long done = acked.get();
    return (int) Math.min(capacity, admitted - done);
  }

  @Override
  public Optional<Position> oldestUnacked() {
    return known.values().stream()
        .filter(delivery -> delivery.settlement() != Settlement.ACKED)
        .min(Comparator.comparingLong(Delivery::sequence))
        .map(Delivery::position);
  }

  @Override
  public int expire() {
    int expired = 0;
    for (Delivery<E> delivery : known.values()) {
      delivery.settle(Settlement.EXPIRED);
      if (delivery.settlement() != Settlement.ACKED) {
        expired++;
      }
    }
    return expired;
  }

  /** Takes in what was acked since the last time, and forgets the oldest beyond the memory. */
  private void remember() {
    for (Delivery<E> done = newlyAcked.poll(); done != null; done = newlyAcked.poll()) {
      fresh.add(done);
    }
    while (fresh.size() + aging.size() > memory) {
      Aging<E> oldest = aging.poll();
      forget(oldest != null ? oldest.delivery : fresh.remove());
    }
  }

  /** Forgets what was acked too long ago to come again. */
  private void forget(long now) {
    for (Aging<E> next = aging.peek(); next != null && next.until - now <= 0; next = aging.peek()) {
      aging.remove();
      forget(next.delivery);
    }
  }

  private void forget(Delivery<E> delivery) {
    known.remove(positionOf(delivery), delivery);
  }

  @SuppressWarnings("unchecked") // admitted and moved with positions of this source only
  private P positionOf(Delivery<E> delivery) {
    return (P) delivery.position();
  }
}
