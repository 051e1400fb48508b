package dev.perennial;

import dev.perennial.port.StreamRuntime;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs what touches a stream's checkpoint store one after the other, off the application's threads.
 */
final class StoreLane {

  private final StreamRuntime runtime;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile @Nullable Thread thread;

  StoreLane(StreamRuntime runtime) {
    this.runtime = runtime;
  }

  void submit(Runnable task) {
    tasks.add(task);
    if (waiting.getAndIncrement() == 0) {
      runtime.execute(this::drain);
    }
  }

  /** Whether the caller is a task of this lane, which must not wait for another. */
  boolean isCurrentThread() {
    return thread == Thread.currentThread();
  }

  /** Runs one task, and what waits behind it, which an error of this one does not hold up. */
  private void drain() {
    boolean more = true;
    while (more) {
      Runnable task = tasks.remove();
      thread = Thread.currentThread();
      boolean done = false;
      try {
        task.run();
        done = true;
      } finally {
        thread = null;
        more = waiting.decrementAndGet() > 0;
        if (more && !done) {
          runtime.execute(this::drain);
        }
      }
    }
  }
}
