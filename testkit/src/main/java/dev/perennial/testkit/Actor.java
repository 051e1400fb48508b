package dev.perennial.testkit;

import java.time.Duration;

/** One of the threads of a {@link VirtualRuntime}, of which one at a time runs. */
public interface Actor {

  /** The name it was started with. */
  String name();

  /** Whether it has ended. */
  boolean hasEnded();

  /**
   * Waits, in virtual time, until it has ended. Called by other actors.
   *
   * @throws InterruptedException if the waiting actor was interrupted
   */
  void join() throws InterruptedException;

  /**
   * Waits, in virtual time, until it has ended.
   *
   * @return whether it has ended
   * @throws InterruptedException if the waiting actor was interrupted
   */
  boolean join(Duration timeout) throws InterruptedException;

  /** Interrupts it, as {@link Thread#interrupt()} of its thread does. */
  void interrupt();
}
