package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;

/**
 * A part of a {@link VirtualRuntime} that can be killed as a process can be: its actors stop where
 * they are, its timers never fire. To see what a crash loses, open a stream with {@code
 * runtime(process)}, kill the process, and open another stream in another process over the same
 * store and server.
 *
 * <p>A killed actor's thread is unwound by an Error from the call of the runtime that it is in;
 * every further call throws it again, so that what its {@code finally} blocks do reaches nothing
 * that goes through the runtime.
 */
public final class VirtualProcess implements StreamRuntime {

  private final Scheduler scheduler;
  private final String name;
  private boolean killed;

  VirtualProcess(Scheduler scheduler, String name) {
    this.scheduler = scheduler;
    this.name = name;
  }

  /** Starts an actor that dies with this process. Called by actors. */
  public Actor spawn(String name, Body body) {
    VirtualActor me = scheduler.enter("spawn()");
    requireAlive();
    VirtualActor actor = scheduler.start(this, name, body, false);
    scheduler.point(me, Step.SPAWN);
    return actor;
  }

  /**
   * Kills this process: when the call returns, all its actors have ended. Called by one of its own
   * actors, it does not return. Idempotent.
   */
  public void kill() {
    VirtualActor me = scheduler.enter("kill()");
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
        error.getMessage() + ", seen by actor '" + ActorThread.currentActor() + "'", error);
  }

  /** Whether it was killed. */
  public boolean isKilled() {
    return killed;
  }

  /**
   * How many timers of this process are left: scheduled, neither due nor cancelled. A stream that
   * is closed has left none. Inside a run called by actors.
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
    VirtualActor me = scheduler.enter("schedule()");
    requireAlive();
    VirtualTimer timer = scheduler.addTimer(this, delay, task);
    scheduler.point(me, Step.SCHEDULE);
    return timer;
  }

  @Override
  public void execute(Runnable task) {
    VirtualActor me = scheduler.enter("execute()");
    requireAlive();
    scheduler.execute(this, task);
    scheduler.point(me, Step.EXECUTE);
  }

  private void requireAlive() {
    if (killed) {
      throw new IllegalStateException(
          "the process '" + name + "' was killed, and nothing can be started in it");
    }
  }

  @Override
  public String toString() {
    return "VirtualProcess[" + name + "]";
  }
}
