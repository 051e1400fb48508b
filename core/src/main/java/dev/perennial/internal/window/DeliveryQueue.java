package dev.perennial.internal.window;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Settled deliveries in the order in which they were settled. Any thread adds; one thread at a time
 * looks and removes. The deliveries are linked through themselves, so that adding one needs no
 * memory and cannot fail after the delivery was settled.
 */
public final class DeliveryQueue<E> {

  /** The delivery that was added last, linked to those before it. */
  private final AtomicReference<@Nullable TrackedDelivery<E>> added = new AtomicReference<>();

  /** The oldest delivery, linked to those behind it, of which none is among the added ones. */
  private @Nullable TrackedDelivery<E> first;

  /** Adds a delivery that is in no queue. Any thread. */
  public void add(TrackedDelivery<E> delivery) {
    TrackedDelivery<E> before;
    do {
      before = added.get();
      delivery.link(before);
    } while (!added.compareAndSet(before, delivery));
  }

  public boolean isEmpty() {
    return first == null && added.get() == null;
  }

  /** The oldest delivery, which stays; null if there is none. */
  public @Nullable TrackedDelivery<E> peek() {
    if (first == null && added.get() != null) {
      first = reversed(added.getAndSet(null));
    }
    return first;
  }

  /** Removes the delivery that {@link #peek} gave. */
  public void remove() {
    TrackedDelivery<E> removed = first;
    if (removed != null) {
      first = removed.linked();
      removed.link(null);
    }
  }

  private static <E> @Nullable TrackedDelivery<E> reversed(@Nullable TrackedDelivery<E> newest) {
    TrackedDelivery<E> oldest = null;
    TrackedDelivery<E> next = newest;
    while (next != null) {
      TrackedDelivery<E> before = next.linked();
      next.link(oldest);
      oldest = next;
      next = before;
    }
    return oldest;
  }
}
