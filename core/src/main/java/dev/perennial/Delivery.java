package dev.perennial;

import dev.perennial.port.Position;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * An event that was handed out, to be settled once: acked when it is done, or nacked to get it
 * again. The first call wins. Safe for use from any thread.
 *
 * @param <E> the type of the event
 */
public final class Delivery<E> {

  /** Whether and how a delivery is settled. Each leads from {@code OPEN} only. */
  enum Settlement {
    OPEN,
    ACKED,
    NACKED,
    /** The stream was closed, or had died and given it its time, before. */
    EXPIRED
  }

  private static final VarHandle SETTLEMENT;

  static {
    try {
      SETTLEMENT =
          MethodHandles.lookup().findVarHandle(Delivery.class, "settlement", Settlement.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Window<E, ?> window;
  private final E event;
  private final int attempt;
  private final long sequence;
  private volatile Position position;
  private volatile Settlement settlement;

  /** The neighbour in the {@link DeliveryQueue} that it is in, which publishes it. */
  private @Nullable Delivery<E> linked;

  Delivery(
      Window<E, ?> window,
      E event,
      Position position,
      int attempt,
      long sequence,
      Settlement settlement) {
    this.window = window;
    this.event = event;
    this.position = position;
    this.attempt = attempt;
    this.sequence = sequence;
    this.settlement = settlement;
  }

  /** The event. */
  public E event() {
    return event;
  }

  /** Where the event is in its source. */
  public Position position() {
    return position;
  }

  /**
   * How many times this stream has handed the event out, this time included: 1, and one more after
   * each nack.
   */
  public int attempt() {
    return attempt;
  }

  /**
   * Says that the event is done.
   *
   * @return whether this call settled it: false if it was settled before, the stream is closed, or
   *     it failed longer than {@link EventStream#DEFAULT_CLOSE_TIMEOUT} ago. An ack that returned
   *     true is saved or sent, or the {@link CloseReport} says that it was not
   */
  public boolean ack() {
    return window.ack(this);
  }

  /**
   * Asks for the event again: it comes as a new delivery, before any new event.
   *
   * @return whether this call settled it, as for {@link #ack()}
   */
  public boolean nack() {
    return window.nack(this);
  }

  /** The place in the order of delivery, the same for all attempts at an event. */
  long sequence() {
    return sequence;
  }

  Settlement settlement() {
    return settlement;
  }

  /** Whether the application acked or nacked it. */
  boolean isSettled() {
    Settlement now = settlement;
    return now == Settlement.ACKED || now == Settlement.NACKED;
  }

  /** Settles the delivery if it is open. */
  boolean settle(Settlement how) {
    return SETTLEMENT.compareAndSet(this, Settlement.OPEN, how);
  }

  /** Takes back an ack that came too late to count. */
  void expire() {
    settlement = Settlement.EXPIRED;
  }

  @Nullable Delivery<E> linked() {
    return linked;
  }

  void link(@Nullable Delivery<E> neighbour) {
    linked = neighbour;
  }

  /** The next attempt at the same event. */
  Delivery<E> again() {
    return new Delivery<>(window, event, position, attempt + 1, sequence, Settlement.OPEN);
  }

  /** Puts the position of a redelivered copy in place of the old one. */
  void moveTo(Position position) {
    this.position = position;
  }

  @Override
  public String toString() {
    return "Delivery[" + position + ", attempt " + attempt + ", " + settlement + "]";
  }
}
