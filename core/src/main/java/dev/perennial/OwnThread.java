package dev.perennial;

import dev.perennial.port.StreamRuntime;

/** What should not hold up its caller, but has to be done. */
final class OwnThread {

  private OwnThread() {}

  /**
   * Runs a task in the calling thread, which has another name meanwhile, if it can be given one.
   */
  static void named(String name, Runnable task) {
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

  /** Runs a task on a thread of its own, or on the caller's if no other can be had. */
  static void run(Runnable task, StreamRuntime runtime) {
    try {
      runtime.execute(task);
      return;
    } catch (Throwable e) {
      // The JVM has no thread to give; a caller that is held up is better than nobody being told.
    }
    task.run();
  }
}
