package dev.perennial.testkit.internal;

import dev.perennial.port.StreamRuntime;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** The queue of the timers that are not due yet. Only the thread that has the turn uses it. */
final class VirtualTimers {

  private final PriorityQueue<VirtualTimer> queue = new PriorityQueue<>();
  private long count;

  VirtualTimer add(StreamRuntime process, long due, Runnable task) {
    VirtualTimer timer = new VirtualTimer(process, due, ++count, task);
    queue.add(timer);
    return timer;
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** Returns the time at which the next timer is due; {@link VirtualClock#NEVER} without timers. */
  long nextDue() {
    VirtualTimer next = queue.peek();
    return next == null ? VirtualClock.NEVER : next.due;
  }

  /**
   * Removes and returns the next timer that is due; null if none is. Drops cancelled timers before
   * it, because they must not move time.
   */
  @Nullable VirtualTimer takeDue(VirtualClock clock) {
    VirtualTimer next = queue.peek();
    while (next != null && next.isCancelled()) {
      queue.remove();
      next = queue.peek();
    }
    return next != null && clock.isPast(next.due) ? queue.remove() : null;
  }

  /** Counts the timers that are neither due nor cancelled, of one process or, if null, of all. */
  int pending(@Nullable StreamRuntime process) {
    return (int)
        queue.stream()
            .filter(timer -> !timer.isCancelled())
            .filter(timer -> process == null || timer.process.equals(process))
            .count();
  }

  void removeOf(StreamRuntime process) {
    queue.removeIf(timer -> timer.process.equals(process));
  }

  void clear() {
    queue.clear();
  }
}
