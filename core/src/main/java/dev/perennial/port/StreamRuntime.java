package dev.perennial.port;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/**
 * Time, waiting, timers, randomness and threads: everything in which a run can differ from the
 * next. The engine and the adapters take them from here and from nowhere else, so that a test can
 * put virtual time in their place. Safe for use from any thread.
 */
public interface StreamRuntime {

  /**
   * The real one, shared by all streams that were not given another. Its threads are daemons that
   * end when idle.
   */
  static StreamRuntime system() {
    return SystemRuntime.INSTANCE;
  }

  /** A monotonic time in nanoseconds, of which only differences mean something. */
  long nanoTime();

  /** The time of day. */
  Instant now();

  /** A random number from 0 (inclusive) to 1 (exclusive). */
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

  /** Lets threads wait for something that other threads bring about. */
  interface Signal {

    /**
     * Makes the waiting threads look at their conditions again. Called after something changed that
     * a condition depends on; cheap when nobody waits. Not called while holding a lock that a
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

  /** A task that was scheduled. */
  interface Timer {

    /** Keeps the task from running if it has not begun. Idempotent. */
    void cancel();
  }
}
