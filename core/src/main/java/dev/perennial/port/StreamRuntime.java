package dev.perennial.port;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * The source of time, waiting, timers, randomness and threads: everything in which one run can
 * differ from the next. The engine and the adapters use nothing else for these, so that a test can
 * replace them by virtual time. Safe for use from any thread.
 */
public interface StreamRuntime {

  /**
   * Returns the real runtime, shared by all streams without another one. Its threads are daemons
   * that end when idle.
   */
  static StreamRuntime system() {
    return SystemRuntime.INSTANCE;
  }

  /** Returns a monotonic time in nanoseconds, of which only differences have a meaning. */
  long nanoTime();

  /**
   * Returns a recent {@link #nanoTime}, for values shown to people, such as the age of an event. It
   * is usually at most some tens of milliseconds old, and costs much less where reading the clock
   * is slow, as it is on many virtual machines. The default is {@link #nanoTime}.
   */
  default long recentNanoTime() {
    return nanoTime();
  }

  /** Returns the time of day. */
  Instant now();

  /** Returns a random number from 0 (inclusive) to 1 (exclusive). */
  double random();

  /** Makes a signal. */
  Signal newSignal();

  /**
   * Runs a short task that does not block, once, after a delay.
   *
   * @return cancels the task if it has not begun
   */
  Timer schedule(Duration delay, Runnable task);

  /** Runs a task that may block, soon, on a thread that is never interrupted. */
  void execute(Runnable task);

  /**
   * Returns what runs handlers that run at once: an executor that runs each task on a thread of its
   * own, which is never interrupted. The default is {@link #execute}.
   */
  default Executor handlerThreads() {
    return this::execute;
  }

  /** A signal on which threads wait for something that other threads bring about. */
  interface Signal {

    /**
     * Makes the waiting threads check their conditions again. Called after a change that a
     * condition depends on; cheap if no thread waits. Not called while holding a lock that a
     * condition takes.
     */
    void raise();

    /**
     * Waits until a condition holds.
     *
     * @param condition looked at now and after each {@link #raise}, in the waiting thread; short,
     *     never blocking
     * @param timeout how long to wait at most; not over zero looks once
     * @return whether the condition held
     * @throws InterruptedException if the thread is or was interrupted, unless the condition holds
     *     already
     */
    boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException;
  }

  /** A scheduled task. */
  interface Timer {

    /** Cancels the task if it has not begun. Idempotent. */
    void cancel();
  }
}
