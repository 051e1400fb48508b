package dev.perennial.internal.window;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A queue of settled deliveries, in the order in which they were settled. Any thread adds; one
 * thread at a time reads and removes. The deliveries themselves are the links, so adding one needs
 * no memory and cannot fail.
 */
public final class DeliveryQueue<E> {

  /** The newest delivery, linked to those before it. */
  private final AtomicReference<@Nullable TrackedDelivery<E>> added = new AtomicReference<>();

  /** The oldest delivery, linked to those after it; none of these is among the added ones. */
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

  /** Returns the oldest delivery without removing it; null if there is none. */
  public @Nullable TrackedDelivery<E> peek() {
    if (first == null && added.get() != null) {
      first = reversed(added.getAndSet(null));
    }
    return first;
  }

  /** Removes the delivery that {@link #peek} returned. */
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
