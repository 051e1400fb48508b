package dev.perennial.testkit;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** The timers that were not due yet, in the order in which they will be. For who has the baton. */
final class VirtualTimers {

  private final PriorityQueue<VirtualTimer> queue = new PriorityQueue<>();
  private long count;

  VirtualTimer add(VirtualProcess process, long due, Runnable task) {
    VirtualTimer timer = new VirtualTimer(process, due, ++count, task);
    queue.add(timer);
    return timer;
  }

  /** How many have neither become due nor been cancelled. */
  int pending() {
    return (int) queue.stream().filter(timer -> !timer.isCancelled()).count();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** When the next one is due; {@link VirtualClock#NEVER} if there is none. */
  long nextDue() {
    VirtualTimer next = queue.peek();
    return next == null ? VirtualClock.NEVER : next.due;
  }

  /**
   * Takes the next one that is due out; null if none is. Cancelled ones before it go, since they
   * must not move time.
   */
  @Nullable VirtualTimer takeDue(VirtualClock clock) {
    VirtualTimer next = queue.peek();
    while (next != null && next.isCancelled()) {
      queue.remove();
      next = queue.peek();
    }
    return next != null && clock.isPast(next.due) ? queue.remove() : null;
  }

  void removeOf(VirtualProcess process) {
    queue.removeIf(timer -> timer.process == process);
  }

  void clear() {
    queue.clear();
  }
}
