package dev.perennial;

import dev.perennial.port.StreamRuntime;

/** What should not hold up its caller, but has to be done. */
final class OwnThread {

  private OwnThread() {}

  /** Runs a task in the calling thread, which has another name meanwhile. */
  static void named(String name, Runnable task) {
    Thread thread = Thread.currentThread();
    String before = thread.getName();
    thread.setName(name);
    try {
      task.run();
    } finally {
      thread.setName(before);
    }
  }

  /** Runs a task on a thread of its own, or on the caller's if no other can be had. */
  static void run(Runnable task, StreamRuntime runtime) {
    boolean runs = false;
    try {
      runtime.execute(task);
      runs = true;
    } catch (Throwable e) {
      // The JVM has no thread to give; a caller that is held up is better than nobody being told.
    }
    if (!runs) {
      task.run();
    }
  }
}
