package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime;

/** Runs tasks that must not block their caller. */
public final class BackgroundThread {

  private BackgroundThread() {}

  /**
   * Runs a task on a thread of the runtime. If the runtime has none, the calling thread runs it: a
   * blocked caller is better than a task that never runs.
   */
  public static void run(Runnable task, StreamRuntime runtime) {
    try {
      runtime.execute(task);
      return;
    } catch (Throwable e) {
      // The JVM has no thread or no memory to give.
    }
    task.run();
  }

  /** Runs a task on the calling thread and renames the thread meanwhile, if that works. */
  public static void named(String name, Runnable task) {
    String before = Thread.currentThread().getName();
    rename(name);
    try {
      task.run();
    } finally {
      rename(before);
    }
  }

  private static void rename(String name) {
    try {
      Thread.currentThread().setName(name);
    } catch (Throwable e) {
      // The task matters more than the name.
    }
  }
}
