package dev.perennial;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Nacked deliveries that wait to be handed out again, in the order of delivery. Any thread adds,
 * the puller looks and removes. A delivery is removed only after its next attempt is in the window,
 * so that an error on the way leaves it here.
 */
final class NackQueue<E> {

  private final DeliveryQueue<E> added = new DeliveryQueue<>();
  private final PriorityQueue<Delivery<E>> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Delivery::sequence));

  void add(Delivery<E> delivery) {
    added.add(delivery);
  }

  /** For the puller. */
  boolean isEmpty() {
    return added.isEmpty() && waiting.isEmpty();
  }

  /** The first delivery, which stays; null if there is none. For the puller. */
  @Nullable Delivery<E> peek() {
    for (Delivery<E> next = added.peek(); next != null; next = added.peek()) {
      waiting.add(next);
      added.remove();
    }
    return waiting.peek();
  }

  /** Removes the delivery that {@link #peek} gave. For the puller. */
  void remove() {
    waiting.remove();
  }
}
