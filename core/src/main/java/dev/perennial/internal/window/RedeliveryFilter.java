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
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
 * The window of a server-tracked stream. It tells a redelivery from a new event by its position,
 * among those of unacked events and those acked recently, of which a copy may still wait in a
 * buffer. Acks go to the connection at once. The window is full when its number of unacked events
 * is, so one slow event does not block the others.
 */
public final class RedeliveryFilter<E, P extends Position> implements Window<E, P> {

  /**
   * A delivery with its place in the window, the same for all attempts at an event, and the
   * position of the newest copy of the event.
   */
  private static final class PlacedDelivery<E> extends TrackedDelivery<E> {

    final int place;
    private volatile Position position;

    PlacedDelivery(Owner<E> owner, Received.Event<E, ?> received, long sequence, int place) {
      super(owner, received, sequence);
      this.place = place;
      this.position = received.position();
    }

    private PlacedDelivery(PlacedDelivery<E> before) {
      super(before);
      this.place = before.place;
      this.position = before.position;
    }

    @Override
    public Position position() {
      return position;
    }

    void moveTo(Position copy) {
      position = copy;
    }

    @Override
    TrackedDelivery<E> again() {
      return new PlacedDelivery<>(this);
    }
  }

  private static final VarHandle ACKED = MethodHandles.arrayElementVarHandle(int[].class);

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
   * The places whose acks the pulling thread has not seen yet: a ring in the order in which acks
   * are counted, with room for every place. Each is a place plus one, and 0 means none.
   */
  private final int[] newlyAcked;

  // Used only by the pulling thread.

  private final KnownPositions<P> positions;

  /** The entry of each place's position. */
  private final int[] entries;

  /** The free places, the first {@link #freeCount}. */
  private final int[] free;

  private int freeCount;

  /** How many acks the pulling thread has seen. */
  private long remembered;

  public RedeliveryFilter(
      int capacity, int memory, Duration horizon, StreamObserver observer, StreamRuntime runtime) {
    this.capacity = capacity;
    this.settlement = new DeliverySettlement<>(runtime);
    this.positions = new KnownPositions<>(memory, Durations.nanos(horizon));
    this.observer = observer;
    this.places = new AtomicReferenceArray<>(capacity);
    this.receivedAt = new long[capacity];
    this.newlyAcked = new int[AckWindow.ringSize(capacity)];
    this.entries = new int[capacity];
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
    int known = positions.find(position);
    if (known != KnownPositions.NONE) {
      redelivered(position, positions.placeOf(known));
      return null;
    }
    long sequence = admitted;
    int place = free[freeCount - 1];
    TrackedDelivery<E> delivery = new PlacedDelivery<>(this, event, sequence, place);
    receivedAt[place] = now;
    places.setRelease(place, delivery);
    // The last thing that may fail.
    entries[place] = positions.add(position, place);
    freeCount--;
    admitted = sequence + 1;
    return delivery;
  }

  private void redelivered(P position, int place) {
    if (place == KnownPositions.NONE) {
      drop(position, true);
      return;
    }
    // An ack marks first and then reads the position; this is the other order, so the ack reaches
    // the newest connection.
    PlacedDelivery<E> seen = placed(places.getPlain(place));
    seen.moveTo(position);
    drop(position, seen.settlement() == Settlement.ACKED);
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
      places.setRelease(placed(again).place, again);
      settlement.tookNacked();
    }
    return again;
  }

  @Override
  public void idle(long now) {
    remember();
    positions.idle(now);
  }

  @Override
  public boolean ack(TrackedDelivery<E> delivery) {
    int place = placed(delivery).place;
    long before = settlement.ack(delivery);
    if (before == DeliverySettlement.NOT_COUNTED) {
      return false;
    }
    // No call comes between the count and this write, because one could fail if the stack is full,
    // and the place would never be free again.
    newlyAcked[(int) before & newlyAcked.length - 1] = place + 1;
    // The listener then looks for waiting threads: either it sees the thread, or the thread sees
    // this ack.
    VarHandle.fullFence();
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
    for (int place = nextAcked(); place >= 0; place = nextAcked()) {
      positions.acked(entries[place]);
      places.setRelease(place, null);
      // No call comes after this, because what fails is done again.
      newlyAcked[(int) remembered & newlyAcked.length - 1] = 0;
      free[freeCount++] = place;
      remembered++;
    }
  }

  /** Returns the place whose ack is to be seen next; -1 if there is none. */
  private int nextAcked() {
    return (int) ACKED.getAcquire(newlyAcked, (int) remembered & newlyAcked.length - 1) - 1;
  }

  /** Returns the delivery as what it is: this window makes no others. */
  private static <E> PlacedDelivery<E> placed(TrackedDelivery<E> delivery) {
    return (PlacedDelivery<E>) delivery;
  }

  @SuppressWarnings("unchecked") // admitted and moved with positions of this source only
  private P positionOf(TrackedDelivery<E> delivery) {
    return (P) delivery.position();
  }
}
