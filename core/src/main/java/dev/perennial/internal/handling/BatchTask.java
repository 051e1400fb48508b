package dev.perennial.internal.handling;

import dev.perennial.internal.window.TrackedDelivery;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a batch, from its first attempt until all are acked. A key is free for other batches
 * once all its events here are acked.
 */
final class BatchTask<E> implements Task.Batch {

  private final List<Task<E>> tasks = new ArrayList<>();

  /** How many nacked deliveries have not come again; below zero while it is not known how many. */
  private final AtomicInteger missing = new AtomicInteger();

  void add(Task<E> task) {
    task.batch(this);
    tasks.add(task);
  }

  int size() {
    return tasks.size();
  }

  Task<E> get(int index) {
    return tasks.get(index);
  }

  /** Returns the tasks that are not acked. */
  List<Task<E>> unacked() {
    return tasks.stream()
        .filter(task -> task.delivery().settlement() != TrackedDelivery.Settlement.ACKED)
        .toList();
  }

  /**
   * Removes the tasks of the keys that are free after an attempt.
   *
   * @param nacked the tasks of the deliveries that come again
   * @return the removed tasks, in order
   */
  List<Task<E>> removeFree(Set<Task<E>> nacked) {
    Set<@Nullable Object> held = new HashSet<>();
    nacked.forEach(task -> held.add(task.key()));
    held.remove(null);
    List<Task<E>> free = new ArrayList<>();
    tasks.removeIf(task -> !nacked.contains(task) && !held.contains(task.key()) && free.add(task));
    return free;
  }

  /** Notes that a nacked delivery has come again. Returns whether it was the last one. */
  boolean redelivered() {
    return missing.decrementAndGet() == 0;
  }

  /** Sets how many deliveries come again. Returns whether all have done so already. */
  boolean expect(int deliveries) {
    return missing.addAndGet(deliveries) == 0;
  }
}
