package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.internal.CarrierThread;
import dev.perennial.testkit.internal.ScheduledThread;
import dev.perennial.testkit.internal.Scheduler;
import dev.perennial.testkit.internal.Step;
import dev.perennial.testkit.internal.VirtualTimer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;

/**
 * A simulated process in a {@link VirtualRuntime}. Killing it stops its threads where they are and
 * cancels its timers, as with a killed process. To test what a crash loses, open a stream with
 * {@code runtime(process)}, kill the process, and open a stream in another process with the same
 * store and server.
 *
 * <p>The call in which a killed thread waits throws an {@link Error}. Every later call of the
 * runtime by that thread does too, so its {@code finally} blocks have no effect on the runtime.
 */
public final class VirtualProcess implements StreamRuntime {

  private final Scheduler scheduler;
  private final String name;
  private boolean killed;

  VirtualProcess(Scheduler scheduler, String name) {
    this.scheduler = scheduler;
    this.name = name;
  }

  /** Starts a thread that ends with this process. Called by simulated threads. */
  public SimulatedThread spawn(String name, ThrowingTask body) {
    ScheduledThread me = scheduler.enter("spawn()");
    requireAlive();
    ScheduledThread thread = scheduler.start(this, name, callable(body), false);
    scheduler.point(me, Step.SPAWN);
    return new SimulatedThread(thread);
  }

  /**
   * Kills this process: when the call returns, all its threads have ended. It does not return if
   * one of its own threads calls it. Idempotent.
   */
  public void kill() {
    ScheduledThread me = scheduler.enter("kill()");
    killed = true;
    scheduler.kill(me, this);
  }

  void sleep(Duration time) throws InterruptedException {
    scheduler.sleep(time);
  }

  void pause() {
    scheduler.point(scheduler.enter("pause()"), Step.PAUSE);
  }

  void fail(AssertionError error) {
    scheduler.fail(
        error.getMessage() + " Detected in thread '" + CarrierThread.currentThreadOrNull() + "'.",
        error);
  }

  /** Returns whether it was killed. */
  public boolean isKilled() {
    return killed;
  }

  /**
   * Returns how many timers of this process are scheduled, neither due nor cancelled. A closed
   * stream leaves none. Inside a run, only simulated threads call it.
   */
  public int pendingTimers() {
    return scheduler.pendingTimers(this);
  }

  @Override
  public long nanoTime() {
    return scheduler.nanoTime();
  }

  @Override
  public Instant now() {
    return scheduler.now();
  }

  @Override
  public double random() {
    return scheduler.random();
  }

  @Override
  public Signal newSignal() {
    return scheduler.newSignal();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    ScheduledThread me = scheduler.enter("schedule()");
    requireAlive();
    VirtualTimer timer = scheduler.addTimer(this, delay, task);
    scheduler.point(me, Step.SCHEDULE);
    return timer;
  }

  @Override
  public void execute(Runnable task) {
    ScheduledThread me = scheduler.enter("execute()");
    requireAlive();
    scheduler.execute(this, task);
    scheduler.point(me, Step.EXECUTE);
  }

  static Callable<?> callable(ThrowingTask task) {
    return () -> {
      task.run();
      return true;
    };
  }

  private void requireAlive() {
    if (killed) {
      throw new IllegalStateException(
          "Cannot start a thread or timer in process '" + name + "': it was killed.");
    }
  }

  @Override
  public String toString() {
    return "VirtualProcess[" + name + "]";
  }
}
