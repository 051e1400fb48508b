package dev.perennial.internal.stream;

import dev.perennial.port.StreamRuntime;

/** Work that must not hold up the thread that has it done. */
public final class BackgroundThread {

  private BackgroundThread() {}

  /**
   * Runs a task on a thread of the runtime, or on the calling thread if the runtime has none: a
   * caller that is held up is better than a task that is not run.
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

  /** Runs a task on the calling thread, which has another name meanwhile, if it can be renamed. */
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
      // A name is not worth a failure of what runs under it.
    }
  }
}
