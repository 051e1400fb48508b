package dev.perennial;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Settled deliveries in the order in which they were settled. Any thread adds; one thread at a time
 * looks and removes. The deliveries are linked through themselves, so that adding one needs no
 * memory and cannot fail after the delivery was settled.
 */
final class DeliveryQueue<E> {

  /** The delivery that was added last, linked to those before it. */
  private final AtomicReference<@Nullable Delivery<E>> added = new AtomicReference<>();

  /** The oldest delivery, linked to those behind it, of which none is among the added ones. */
  private @Nullable Delivery<E> first;

  /** Adds a delivery that is in no queue. Any thread. */
  void add(Delivery<E> delivery) {
    Delivery<E> before;
    do {
      before = added.get();
      delivery.link(before);
    } while (!added.compareAndSet(before, delivery));
  }

  boolean isEmpty() {
    return first == null && added.get() == null;
  }

  /** The oldest delivery, which stays; null if there is none. */
  @Nullable Delivery<E> peek() {
    if (first == null && added.get() != null) {
      first = reversed(added.getAndSet(null));
    }
    return first;
  }

  /** Removes the delivery that {@link #peek} gave. */
  void remove() {
    Delivery<E> removed = first;
    if (removed != null) {
      first = removed.linked();
      removed.link(null);
    }
  }

  private static <E> @Nullable Delivery<E> reversed(@Nullable Delivery<E> newest) {
    Delivery<E> oldest = null;
    Delivery<E> next = newest;
    while (next != null) {
      Delivery<E> before = next.linked();
      next.link(oldest);
      oldest = next;
      next = before;
    }
    return oldest;
  }
}
