package dev.perennial.internal.window;

import dev.perennial.Delivery;
import dev.perennial.port.Position;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A delivery that a window tracks. What settles it is the window's, so that an ack moves the
 * watermark or reaches the server. Safe for use from any thread.
 */
public final class TrackedDelivery<E> implements Delivery<E> {

  /** Whether and how a delivery is settled. Each leads from {@code OPEN} only. */
  public enum Settlement {
    OPEN,
    ACKED,
    NACKED,
    /** The stream was closed, or had died and given it its time, before. */
    EXPIRED
  }

  /** The window, to which the application's ack and nack go. Any thread. */
  public interface Owner<E> {

    boolean ack(TrackedDelivery<E> delivery);

    boolean nack(TrackedDelivery<E> delivery);
  }

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
  private volatile Settlement settlement;

  /** The neighbour in the {@link DeliveryQueue} that it is in, which publishes it. */
  private @Nullable TrackedDelivery<E> linked;

  public TrackedDelivery(
      Owner<E> owner,
      E event,
      Position position,
      int attempt,
      long sequence,
      Settlement settlement) {
    this.owner = owner;
    this.event = event;
    this.position = position;
    this.attempt = attempt;
    this.sequence = sequence;
    this.settlement = settlement;
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
    return owner.nack(this);
  }

  /** The place in the order of delivery, the same for all attempts at an event. */
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

  /** Settles the delivery if it is open. */
  public boolean settle(Settlement how) {
    return SETTLEMENT.compareAndSet(this, Settlement.OPEN, how);
  }

  /** Takes back an ack that came too late to count. */
  public void expire() {
    settlement = Settlement.EXPIRED;
  }

  public @Nullable TrackedDelivery<E> linked() {
    return linked;
  }

  public void link(@Nullable TrackedDelivery<E> neighbour) {
    linked = neighbour;
  }

  /** The next attempt at the same event. */
  public TrackedDelivery<E> again() {
    return new TrackedDelivery<>(owner, event, position, attempt + 1, sequence, Settlement.OPEN);
  }

  /** Puts the position of a redelivered copy in place of the old one. */
  public void moveTo(Position position) {
    this.position = position;
  }

  @Override
  public String toString() {
    return "Delivery[" + position + ", attempt " + attempt + ", " + settlement + "]";
  }
}
