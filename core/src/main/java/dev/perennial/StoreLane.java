package dev.perennial;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs what touches a stream's checkpoint store one after the other, off the application's threads.
 * Where the JVM has no thread to give for that, what waits runs once it has.
 */
final class StoreLane {

  /** Until it asks again for a thread that could not be had. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final StreamRuntime runtime;
  private final Observer observer;
  private final Consumer<Throwable> stuck;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private final Alarm again;
  private volatile @Nullable Thread thread;

  /**
   * @param stuck told when neither a thread nor a timer can be had, so that nothing runs until the
   *     next task is handed in
   */
  StoreLane(StreamRuntime runtime, Observer observer, Consumer<Throwable> stuck) {
    this.runtime = runtime;
    this.observer = observer;
    this.stuck = stuck;
    this.again = new Alarm(runtime);
  }

  /** Hands in a task. Any thread; throws nothing. */
  void submit(Runnable task) {
    tasks.add(task);
    start();
  }

  /**
   * Hands in the last task, which nothing comes behind. Where neither a thread nor a timer can be
   * had, it runs on the caller's thread, with what waits before it.
   */
  void submitLast(Runnable task) {
    tasks.add(task);
    if (!start() && busy.compareAndSet(false, true)) {
      drain();
    }
  }

  /** Whether the caller is a task of this lane, which must not wait for another. */
  boolean isCurrentThread() {
    return thread == Thread.currentThread();
  }

  /**
   * Runs what waits, unless it is being run. Any thread; throws nothing.
   *
   * @return false if neither a thread nor a timer can be had, so that what waits goes on waiting
   */
  boolean start() {
    if (tasks.isEmpty() || !busy.compareAndSet(false, true)) {
      return true;
    }
    try {
      runtime.execute(() -> OwnThread.named("perennial-store-" + observer.stream(), this::drain));
      return true;
    } catch (Throwable e) {
      busy.set(false);
      return startLater(e);
    }
  }

  private boolean startLater(Throwable noThread) {
    observer.noThread(noThread);
    try {
      again.set(AGAIN, this::start);
      return true;
    } catch (Throwable noTimer) {
      stuck.accept(noTimer);
      return false;
    }
  }

  private void drain() {
    try {
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        thread = Thread.currentThread();
        task.run();
      }
    } finally {
      thread = null;
      busy.set(false);
      // What waits behind a task that threw, or found the lane busy just now.
      start();
    }
  }
}
