package dev.perennial.internal.window;

import dev.perennial.Delivery;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.support.LogText;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A delivery that a window tracks. An ack or nack goes to the window, so that it moves the
 * watermark or reaches the server. Safe for use from any thread.
 */
public class TrackedDelivery<E> extends LinkedQueue.Link<TrackedDelivery<E>>
    implements Delivery<E> {

  /** Whether and how a delivery is settled. Only {@code OPEN} can change. */
  public enum Settlement {
    OPEN,
    ACKED,
    NACKED,
    /** The stream was closed before, or had failed and its settle time was over. */
    EXPIRED
  }

  /** The window that receives the application's acks and nacks. Called from any thread. */
  public interface Owner<E> {

    boolean ack(TrackedDelivery<E> delivery);

    boolean nack(TrackedDelivery<E> delivery, Duration wait);

    Optional<Checkpoint> checkpoint(TrackedDelivery<E> delivery);
  }

  /**
   * The waits of plain nacks after each attempt, so that a loop of nacks does not spin. Made once,
   * because a nack must not fail for lack of memory.
   */
  private static final List<Duration> WAITS =
      LongStream.of(0, 10, 20, 40, 80, 160, 320, 640, 1_000).mapToObj(Duration::ofMillis).toList();

  private static final Settlement[] SETTLEMENTS = Settlement.values();

  /** The bits of {@link #state} that are the settlement, as its ordinal. */
  private static final int SETTLEMENT_BITS = 2;

  private static final int SETTLEMENT_MASK = (1 << SETTLEMENT_BITS) - 1;
  private static final int MAX_ATTEMPT = Integer.MAX_VALUE >>> SETTLEMENT_BITS;

  private static final VarHandle STATE;
  private static final VarHandle HISTORY;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(TrackedDelivery.class, "state", int.class);
      HISTORY = lookup.findVarHandle(TrackedDelivery.class, "history", EventHistory.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // There is one of these for every event, so its size matters: 40 bytes, and 48 if the server
  // tracks acks.

  private final Owner<E> owner;
  private final long sequence;
  private final Received.Event<E, ?> received;

  /**
   * The number of the attempt and the settlement. A number, because a reference that changes in an
   * old object costs the collector's write barrier.
   */
  private volatile int state;

  private volatile @Nullable EventHistory history;

  /** Makes the delivery of the first attempt at an event. */
  TrackedDelivery(Owner<E> owner, Received.Event<E, ?> received, long sequence) {
    this.owner = owner;
    this.received = received;
    this.sequence = sequence;
    this.state = state(1, Settlement.OPEN);
  }

  /** Makes the delivery of the next attempt at the same event. */
  TrackedDelivery(TrackedDelivery<E> before) {
    this.owner = before.owner;
    this.received = before.received;
    this.sequence = before.sequence;
    this.state = state(Math.min(before.attempt() + 1, MAX_ATTEMPT), Settlement.OPEN);
    this.history = before.history;
  }

  @SuppressWarnings("EnumOrdinal") // the number does not leave this object
  private static int state(int attempt, Settlement settlement) {
    return attempt << SETTLEMENT_BITS | settlement.ordinal();
  }

  @Override
  public E event() {
    return received.event();
  }

  @Override
  public Position position() {
    return received.position();
  }

  @Override
  public int attempt() {
    return state >>> SETTLEMENT_BITS;
  }

  @Override
  public boolean ack() {
    return owner.ack(this);
  }

  @Override
  public boolean nack() {
    return owner.nack(this, WAITS.get(Math.min(attempt(), WAITS.size()) - 1));
  }

  @Override
  public boolean nack(Duration wait) {
    if (wait.isNegative()) {
      throw new IllegalArgumentException(
          "nack() needs a wait that is not negative, but got " + LogText.duration(wait) + ".");
    }
    return owner.nack(this, wait);
  }

  /** Notes a failed attempt at the event, and how many have failed with it. */
  public void failed(Throwable error, int failures) {
    history().failed(error, failures);
  }

  @Override
  public Optional<Throwable> lastError() {
    return Optional.ofNullable(history).map(EventHistory::lastError);
  }

  /** Returns how many attempts at the event have failed. */
  public int failures() {
    EventHistory known = history;
    return known == null ? 0 : known.failures();
  }

  /** Returns the history of the event; makes it if there is none. */
  EventHistory history() {
    EventHistory known = history;
    while (known == null) {
      HISTORY.compareAndSet(this, null, new EventHistory());
      known = history;
    }
    return known;
  }

  /** Returns the history of the event; null if it has none yet. */
  public @Nullable EventHistory knownHistory() {
    return history;
  }

  /** Sets the history, which continues that of the event. */
  public void continueAs(EventHistory continued) {
    history = continued;
  }

  /** Returns the key that orders the event among others; null if it has none. */
  public @Nullable Object key() {
    EventHistory known = history;
    return known == null ? null : known.key();
  }

  @Override
  public Optional<Checkpoint> checkpoint() {
    return owner.checkpoint(this);
  }

  /** Returns the place in delivery order, the same for all attempts at an event. */
  public long sequence() {
    return sequence;
  }

  public Settlement settlement() {
    return SETTLEMENTS[state & SETTLEMENT_MASK];
  }

  @Override
  public boolean isSettled() {
    Settlement now = settlement();
    return now == Settlement.ACKED || now == Settlement.NACKED;
  }

  /** Settles the delivery if it is open. Returns whether it was. */
  public boolean settle(Settlement how) {
    int attempt = attempt();
    return STATE.compareAndSet(this, state(attempt, Settlement.OPEN), state(attempt, how));
  }

  /** Takes back a nack. */
  void reopen() {
    state = state(attempt(), Settlement.OPEN);
  }

  /** Takes back an ack that came too late to count. */
  public void expire() {
    state = state(attempt(), Settlement.EXPIRED);
  }

  /** Returns the delivery of the next attempt at the same event. */
  TrackedDelivery<E> again() {
    return new TrackedDelivery<>(this);
  }

  /** Notes that its handler is slow. Returns false if that was noted before, at any attempt. */
  public boolean markSlow() {
    return history().markSlow();
  }

  @Override
  public String toString() {
    return "Delivery[" + position() + ", attempt " + attempt() + ", " + settlement() + "]";
  }
}
