package dev.perennial.testkit;

/** The code that a {@link SimulatedThread} runs: a {@link Runnable} that may throw. */
@FunctionalInterface
public interface ThrowingTask {

  /**
   * Runs to its end on the simulated thread.
   *
   * @throws Exception if the thread failed, which ends the whole run
   */
  void run() throws Exception;
}
