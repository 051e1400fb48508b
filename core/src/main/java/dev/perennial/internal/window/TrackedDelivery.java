package dev.perennial.internal.window;

import dev.perennial.Delivery;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.support.LogText;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A delivery that a window tracks. An ack or nack goes to the window, so that it moves the
 * watermark or reaches the server. Safe for use from any thread.
 */
public final class TrackedDelivery<E> implements Delivery<E> {

  /** Whether and how a delivery is settled. Only {@code OPEN} can change. */
  public enum Settlement {
    OPEN,
    ACKED,
    NACKED,
    /** The stream was closed before, or had failed and its settle time was over. */
    EXPIRED
  }

  /** When the event of a nacked delivery comes again. */
  enum NextAttempt {
    AT_ONCE,
    AT_A_TIME,
    /** After a wait that begins when the pulling thread sees the nack. */
    AFTER_A_WAIT
  }

  /**
   * The number of an attempt, and its settlement. Deliveries share these objects, so settling one
   * needs no memory.
   */
  private static final class Attempt {

    static final Attempt FIRST = open(1);

    private final int number;
    private final Settlement settlement;

    /** The same attempt in every settlement. */
    private final Map<Settlement, Attempt> all;

    private final NextAttempt next;

    /** When the event comes again, in the runtime's nanoseconds, or how long that takes. */
    private final long due;

    private Attempt(
        int number,
        Settlement settlement,
        Map<Settlement, Attempt> all,
        NextAttempt next,
        long due) {
      this.number = number;
      this.settlement = settlement;
      this.all = all;
      this.next = next;
      this.due = due;
    }

    static Attempt open(int number) {
      Map<Settlement, Attempt> all = new EnumMap<>(Settlement.class);
      for (Settlement settlement : Settlement.values()) {
        all.put(settlement, new Attempt(number, settlement, all, NextAttempt.AT_ONCE, 0));
      }
      return Objects.requireNonNull(all.get(Settlement.OPEN));
    }

    Attempt nacked(NextAttempt until, long time) {
      return new Attempt(number, Settlement.NACKED, all, until, time);
    }

    Attempt settledAs(Settlement how) {
      return Objects.requireNonNull(all.get(how));
    }
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

  private static final VarHandle ATTEMPT;
  private static final VarHandle HISTORY;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      ATTEMPT = lookup.findVarHandle(TrackedDelivery.class, "attempt", Attempt.class);
      HISTORY = lookup.findVarHandle(TrackedDelivery.class, "history", EventHistory.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // There is one of these for every event, so its size matters: 40 bytes.

  private final Owner<E> owner;
  private final long sequence;
  private volatile Received.Event<E, ?> received;

  private volatile Attempt attempt;

  private volatile @Nullable EventHistory history;

  /** The next delivery in its {@link DeliveryQueue}, which publishes it. */
  private @Nullable TrackedDelivery<E> linked;

  /** Makes the delivery of the first attempt at an event. */
  TrackedDelivery(Owner<E> owner, Received.Event<E, ?> received, long sequence) {
    this(owner, received, sequence, Attempt.FIRST);
  }

  private TrackedDelivery(
      Owner<E> owner, Received.Event<E, ?> received, long sequence, Attempt attempt) {
    this.owner = owner;
    this.received = received;
    this.sequence = sequence;
    this.attempt = attempt;
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
    return attempt.number;
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
    return attempt.settlement;
  }

  @Override
  public boolean isSettled() {
    Settlement now = settlement();
    return now == Settlement.ACKED || now == Settlement.NACKED;
  }

  /** Settles the delivery if it is open. Returns whether it was. */
  public boolean settle(Settlement how) {
    Attempt now = attempt;
    return now.settlement == Settlement.OPEN
        && ATTEMPT.compareAndSet(this, now, now.settledAs(how));
  }

  /** Nacks the delivery if it is open. Returns whether it was. */
  boolean nack(NextAttempt next, long due) {
    Attempt now = attempt;
    return now.settlement == Settlement.OPEN
        && ATTEMPT.compareAndSet(this, now, now.nacked(next, due));
  }

  /** Returns when the event of this nacked delivery comes again. */
  NextAttempt next() {
    return attempt.next;
  }

  /** Begins the wait of a nacked delivery. */
  void schedule(long now) {
    attempt = attempt.nacked(NextAttempt.AT_A_TIME, now + attempt.due);
  }

  /** Returns when the nacked delivery comes again, in the runtime's nanoseconds. */
  long due() {
    return attempt.due;
  }

  /** Takes back an ack that came too late to count. */
  public void expire() {
    attempt = attempt.settledAs(Settlement.EXPIRED);
  }

  public @Nullable TrackedDelivery<E> linked() {
    return linked;
  }

  public void link(@Nullable TrackedDelivery<E> neighbour) {
    linked = neighbour;
  }

  /** Returns the next attempt at the same event. */
  TrackedDelivery<E> again() {
    TrackedDelivery<E> again =
        new TrackedDelivery<>(owner, received, sequence, Attempt.open(attempt() + 1));
    again.history = history;
    return again;
  }

  /** Notes that its handler is slow. Returns false if that was noted before, at any attempt. */
  public boolean markSlow() {
    return history().markSlow();
  }

  /** Replaces the position by that of a redelivered copy. */
  void moveTo(Position position) {
    received = new Received.Event<>(event(), position);
  }

  @Override
  public String toString() {
    return "Delivery[" + position() + ", attempt " + attempt() + ", " + settlement() + "]";
  }
}
