package dev.perennial.internal.handling;

/** What the threads that run handlers do. Safe for use from any thread. */
interface Turns<E> {

  /** Adds a task whose handler can run. */
  void add(Task<E> task);

  /** Notes that a nacked delivery of a task has come again. Called by the pulling thread. */
  void redelivered(Task<E> task);

  /** Notes that all tasks of a pull were added, or wait in line. Called by the pulling thread. */
  void dispatched();

  /** Lets no further handler begin. */
  void stop();

  /** Returns whether there is something to run. */
  boolean isWaiting();

  /**
   * Runs the handler once, unless there is nothing to run. Returns whether it did.
   *
   * @param begins called when it is known what to run, before the handler runs
   */
  boolean runNext(RunningHandlers.Slot slot, Runnable begins) throws InterruptedException;
}
