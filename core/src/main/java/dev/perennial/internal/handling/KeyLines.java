package dev.perennial.internal.handling;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of each key in the order of arrival. Only the first of a line may run. A line exists as
 * long as it has tasks. The pulling thread adds tasks; the threads that run handlers remove them.
 */
final class KeyLines<E> {

  /** The last task of each line. Each task knows the one behind it. */
  private final ConcurrentHashMap<Object, Task<E>> last = new ConcurrentHashMap<>();

  /** Adds a task at the end of the line of its key. Returns whether it is the first there. */
  boolean join(Task<E> task) {
    Object key = task.key();
    if (key == null) {
      return true;
    }
    Task<E> before = last.put(key, task);
    return before == null || !before.follow(task);
  }

  /**
   * Removes the first task of a line. Returns the one that is the first now; null if there is none.
   */
  @Nullable Task<E> leave(Task<E> task) {
    Object key = task.key();
    if (key == null || last.remove(key, task)) {
      return null;
    }
    // Another task has joined. If it is not behind this one yet, it finds that this one has left.
    return task.leave();
  }

  /** Returns how many keys have tasks. */
  int size() {
    return last.size();
  }
}
