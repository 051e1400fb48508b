package dev.perennial.internal.window;

import dev.perennial.Delivery;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.Position;
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
public final class TrackedDelivery<E> implements Delivery<E> {

  /** Whether and how a delivery is settled. Only {@code OPEN} can change. */
  public enum Settlement {
    OPEN,
    ACKED,
    NACKED,
    /** The stream was closed before, or had failed and its settle time was over. */
    EXPIRED
  }

  /** The handling that a delivery belongs to, for as long as it is in the window. */
  public interface HandlingTask {

    /** Returns the key that orders the event among others; null if it has none. */
    @Nullable Object key();
  }

  /**
   * The last failed attempt at an event.
   *
   * @param count how many attempts have failed
   */
  private record FailedAttempt(Throwable error, int count) {}

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

  private static final VarHandle SETTLEMENT;

  static {
    try {
      SETTLEMENT =
          MethodHandles.lookup()
              .findVarHandle(TrackedDelivery.class, "settlement", Settlement.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Owner<E> owner;
  private final E event;
  private final int attempt;
  private final long sequence;
  private volatile Position position;
  private volatile Settlement settlement = Settlement.OPEN;

  private final long receivedAt;

  /** What handles it; null if it was handed out in another way. Written by the pulling thread. */
  private volatile @Nullable HandlingTask handled;

  // The DeliveryQueue publishes what a nack writes.

  /** When a nacked delivery comes again, or its wait as long as the time of the nack is unknown. */
  private long due;

  private boolean nackTimeKnown;
  private @Nullable FailedAttempt lastFailure;

  /** Whether its handler was reported as slow. Used only by the timer that reports. */
  private boolean slow;

  /** The next delivery in its {@link DeliveryQueue}, which publishes it. */
  private @Nullable TrackedDelivery<E> linked;

  public TrackedDelivery(
      Owner<E> owner, E event, Position position, int attempt, long sequence, long receivedAt) {
    this.owner = owner;
    this.event = event;
    this.position = position;
    this.attempt = attempt;
    this.sequence = sequence;
    this.receivedAt = receivedAt;
  }

  @Override
  public E event() {
    return event;
  }

  @Override
  public Position position() {
    return position;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public boolean ack() {
    return owner.ack(this);
  }

  @Override
  public boolean nack() {
    return owner.nack(this, WAITS.get(Math.min(attempt, WAITS.size()) - 1));
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
    lastFailure = new FailedAttempt(error, failures);
  }

  @Override
  public Optional<Throwable> lastError() {
    return Optional.ofNullable(lastFailure).map(FailedAttempt::error);
  }

  /** Returns how many attempts at the event have failed. */
  public int failures() {
    FailedAttempt last = lastFailure;
    return last == null ? 0 : last.count;
  }

  /** Sets what handles it from now on. */
  public void handledBy(@Nullable HandlingTask handled) {
    this.handled = handled;
  }

  /** Returns what handles it; null if it was handed out in another way. */
  public @Nullable HandlingTask handled() {
    return handled;
  }

  /** Returns the key that orders the event among others; null if it has none. */
  public @Nullable Object key() {
    HandlingTask by = handled;
    return by == null ? null : by.key();
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
    return settlement;
  }

  @Override
  public boolean isSettled() {
    Settlement now = settlement;
    return now == Settlement.ACKED || now == Settlement.NACKED;
  }

  /** Settles the delivery if it is open. Returns whether it was. */
  public boolean settle(Settlement how) {
    return SETTLEMENT.compareAndSet(this, Settlement.OPEN, how);
  }

  /** Takes back an ack that came too late to count. */
  public void expire() {
    settlement = Settlement.EXPIRED;
  }

  /** Notes when the delivery was nacked, and how long until it comes again, in nanoseconds. */
  public void nackedAt(long now, long wait) {
    due = now + wait;
    nackTimeKnown = true;
  }

  /** Notes how long until the nacked delivery comes again, without knowing the time. */
  public void nackedAtUnknownTime(long wait) {
    due = wait;
  }

  /** Computes when the nacked delivery comes again, at the latest after its wait from now on. */
  public void schedule(long now) {
    if (!nackTimeKnown) {
      nackedAt(now, due);
    }
  }

  /** Returns when the nacked delivery comes again, in the runtime's nanoseconds. */
  public long due() {
    return due;
  }

  public @Nullable TrackedDelivery<E> linked() {
    return linked;
  }

  public void link(@Nullable TrackedDelivery<E> neighbour) {
    linked = neighbour;
  }

  /** Returns the next attempt at the same event. */
  public TrackedDelivery<E> again() {
    TrackedDelivery<E> again =
        new TrackedDelivery<>(owner, event, position, attempt + 1, sequence, receivedAt);
    again.handled = handled;
    again.lastFailure = lastFailure;
    again.slow = slow;
    return again;
  }

  /** Returns when the event was received, in the runtime's nanoseconds. */
  public long receivedAt() {
    return receivedAt;
  }

  /** Notes that its handler is slow. Returns false if that was noted before, at any attempt. */
  public boolean markSlow() {
    boolean first = !slow;
    slow = true;
    return first;
  }

  /** Replaces the position by that of a redelivered copy. */
  public void moveTo(Position position) {
    this.position = position;
  }

  @Override
  public String toString() {
    return "Delivery[" + position + ", attempt " + attempt + ", " + settlement + "]";
  }
}
