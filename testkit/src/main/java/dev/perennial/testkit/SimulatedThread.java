package dev.perennial.testkit;

import dev.perennial.testkit.internal.ScheduledThread;
import java.time.Duration;

/** A thread of a {@link VirtualRuntime}. The runtime runs one of its threads at a time. */
public final class SimulatedThread {

  private final ScheduledThread scheduled;

  SimulatedThread(ScheduledThread scheduled) {
    this.scheduled = scheduled;
  }

  /** Returns the name that it was started with. */
  public String name() {
    return scheduled.name();
  }

  /** Returns whether it has ended. */
  public boolean hasEnded() {
    return scheduled.hasEnded();
  }

  /**
   * Waits, in virtual time, until it has ended. Called by other simulated threads.
   *
   * @throws InterruptedException if the waiting thread was interrupted
   */
  public void join() throws InterruptedException {
    scheduled.join();
  }

  /**
   * Waits, in virtual time, until it has ended or the timeout has passed.
   *
   * @return whether it has ended
   * @throws InterruptedException if the waiting thread was interrupted
   */
  public boolean join(Duration timeout) throws InterruptedException {
    return scheduled.join(timeout);
  }

  /** Interrupts it, as {@link Thread#interrupt()} does. */
  public void interrupt() {
    scheduled.interrupt();
  }

  @Override
  public String toString() {
    return scheduled.toString();
  }
}
