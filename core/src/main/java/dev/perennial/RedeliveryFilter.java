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
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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
final class RedeliveryFilter<E, P extends Position> implements Window<E, P> {

  /** What is known of a position: its delivery until that is acked, and then only that it was. */
  private static final class Entry<E> {
    @Nullable Delivery<E> delivery;

    Entry(Delivery<E> delivery) {
      this.delivery = delivery;
    }
  }

  /** An acked position that is remembered. */
  private record Remembered<E, P>(P position, Entry<E> entry) {}

  /** An acked position that is forgotten at a time. */
  private record Aging<E, P>(Remembered<E, P> remembered, long until) {}

  private final int capacity;
  private final int memory;
  private final long horizon;
  private final Settlements settlements;
  private final Observer observer;
  private final NackQueue<E> nacked = new NackQueue<>();
  private final AtomicLong acked = new AtomicLong();
  private final AtomicInteger unsent = new AtomicInteger();
  private final Queue<Delivery<E>> newlyAcked = new ConcurrentLinkedQueue<>();
  private volatile @Nullable AckingConnection<E, P> connection;
  private volatile long admitted;

  // The pulling thread's; who closes the stream looks at them when that is out.
  private final Map<P, Entry<E>> known = new HashMap<>();
  private final ArrayDeque<Remembered<E, P>> fresh = new ArrayDeque<>();
  private final ArrayDeque<Aging<E, P>> aging = new ArrayDeque<>();

  RedeliveryFilter(
      int capacity, int memory, Duration horizon, Settlements settlements, Observer observer) {
    this.capacity = capacity;
    this.memory = memory;
    this.horizon = Durations.nanos(horizon);
    this.settlements = settlements;
    this.observer = observer;
  }

  /** Where acks go from now on. */
  void connected(AckingConnection<E, P> live) {
    connection = live;
  }

  /** Acks only mark from now on. */
  void disconnected() {
    connection = null;
  }

  /** So many of the acks given to the last connection were not written. */
  void unsent(int count) {
    unsent.addAndGet(count);
  }

  @Override
  public boolean hasRoom() {
    return admitted - acked.get() < capacity;
  }

  @Override
  public @Nullable Delivery<E> admit(E event, P position) {
    remember();
    Entry<E> entry = known.get(position);
    if (entry != null) {
      drop(entry, position);
      return null;
    }
    long sequence = admitted;
    Delivery<E> delivery = new Delivery<>(this, event, position, 1, sequence, Settlement.OPEN);
    known.put(position, new Entry<>(delivery));
    admitted = sequence + 1;
    return delivery;
  }

  private void drop(Entry<E> entry, P position) {
    Delivery<E> delivery = entry.delivery;
    if (delivery != null) {
      // An ack marks first and reads the position then; we do it the other way round, so no ack
      // falls between.
      delivery.moveTo(position);
    }
    boolean done = delivery == null || delivery.settlement() == Settlement.ACKED;
    if (done) {
      acknowledge(position);
      unsent.updateAndGet(count -> Math.max(0, count - 1));
    }
    // The newest position is the key from now on, so that an old connection is not kept alive by
    // it.
    known.remove(position);
    known.put(position, entry);
    observer.redeliveryDropped(new RedeliveryDropped(position, done));
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
    Entry<E> entry = known.get(positionOf(old));
    if (entry != null) {
      entry.delivery = again;
    }
    return again;
  }

  @Override
  public void idle(long now) {
    remember();
    for (Remembered<E, P> done = fresh.poll(); done != null; done = fresh.poll()) {
      aging.add(new Aging<>(done, now + horizon));
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
    } else {
      unsent.incrementAndGet();
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
  public int unsent() {
    return unsent.get();
  }

  @Override
  public Optional<Position> oldestUnacked() {
    return open().min(Comparator.comparingLong(Delivery::sequence)).map(Delivery::position);
  }

  @Override
  public int expire() {
    return (int)
        open()
            .filter(delivery -> {
              delivery.settle(Settlement.EXPIRED);
              return delivery.settlement() != Settlement.ACKED;
            })
            .count();
  }

  private Stream<Delivery<E>> open() {
    return known.values().stream()
        .map(entry -> entry.delivery)
        .filter(Objects::nonNull)
        .map(Objects::requireNonNull)
        .filter(delivery -> delivery.settlement() != Settlement.ACKED);
  }

  /** Takes in what was acked since the last time, and forgets the oldest beyond the memory. */
  private void remember() {
    for (Delivery<E> done = newlyAcked.poll(); done != null; done = newlyAcked.poll()) {
      P position = positionOf(done);
      Entry<E> entry = known.get(position);
      if (entry != null && entry.delivery == done) {
        entry.delivery = null;
        fresh.add(new Remembered<>(position, entry));
      }
    }
    while (fresh.size() + aging.size() > memory) {
      Aging<E, P> oldest = aging.poll();
      forget(oldest != null ? oldest.remembered : fresh.remove());
    }
  }

  /** Forgets what was acked too long ago to come again. Only when nothing waits in a buffer. */
  private void forget(long now) {
    for (Aging<E, P> next = aging.peek();
        next != null && next.until - now <= 0;
        next = aging.peek()) {
      aging.remove();
      forget(next.remembered);
    }
  }

  private void forget(Remembered<E, P> acked) {
    known.remove(acked.position, acked.entry);
  }

  @SuppressWarnings("unchecked") // admitted and moved with positions of this source only
  private P positionOf(Delivery<E> delivery) {
    return (P) delivery.position();
  }
}
