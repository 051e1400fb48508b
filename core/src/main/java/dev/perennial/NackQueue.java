package dev.perennial;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Nacked deliveries that wait to be handed out again, in the order of delivery. Any thread adds,
 * the puller polls.
 */
final class NackQueue<E> {

  private final Queue<Delivery<E>> added = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Delivery<E>> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Delivery::sequence));

  void add(Delivery<E> delivery) {
    added.add(delivery);
  }

  /** For the puller. */
  boolean isEmpty() {
    return added.isEmpty() && waiting.isEmpty();
  }

  /** For the puller. */
  @Nullable Delivery<E> poll() {
    for (Delivery<E> next = added.poll(); next != null; next = added.poll()) {
      waiting.add(next);
    }
    return waiting.poll();
  }
}
