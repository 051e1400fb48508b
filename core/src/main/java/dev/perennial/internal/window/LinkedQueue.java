package dev.perennial.internal.window;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A queue whose elements are themselves the links, so adding one needs no memory and cannot fail.
 * Any thread adds; one thread at a time reads and removes.
 */
public final class LinkedQueue<T extends LinkedQueue.Link<T>> {

  /** An element. It is in one queue at a time. */
  public abstract static class Link<T> {
    /** The neighbour in the queue, which publishes it. */
    @Nullable T linked;
  }

  /** The newest element, linked to those before it. */
  private final AtomicReference<@Nullable T> added = new AtomicReference<>();

  /** The oldest element, linked to those after it; none of these is among the added ones. */
  private @Nullable T first;

  /** Adds an element that is in no queue. Any thread. */
  public void add(T element) {
    T before;
    do {
      before = added.get();
      element.linked = before;
    } while (!added.compareAndSet(before, element));
  }

  public boolean isEmpty() {
    return first == null && added.get() == null;
  }

  /** Returns the oldest element without removing it; null if there is none. */
  public @Nullable T peek() {
    if (first == null && added.get() != null) {
      first = reversed(added.getAndSet(null));
    }
    return first;
  }

  /** Removes the element that {@link #peek} returned. */
  public void remove() {
    T removed = first;
    if (removed != null) {
      first = removed.linked;
      removed.linked = null;
    }
  }

  private static <T extends Link<T>> @Nullable T reversed(@Nullable T newest) {
    T oldest = null;
    T next = newest;
    while (next != null) {
      T before = next.linked;
      next.linked = oldest;
      oldest = next;
      next = before;
    }
    return oldest;
  }
}
