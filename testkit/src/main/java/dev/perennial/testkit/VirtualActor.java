package dev.perennial.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * One actor. But for what says otherwise, whoever has the baton may touch it, and nobody else:
 * handing the baton over is what makes the changes visible.
 */
final class VirtualActor implements Actor {

  enum State {
    RUNNABLE,
    WAITING,
    /** Waits for nothing, on purpose: no deadlock, if it is in the background. */
    HANGING,
    ENDED
  }

  /** An actor that catches this many errors of ours will never unwind. */
  private static final int MOST_KILLS = 1_000;

  private final Scheduler scheduler;
  final VirtualProcess process;
  final int number;
  private final String name;
  private final Body body;

  /**
   * Whether it was given to {@code execute} or {@code schedule}: such threads are never
   * interrupted.
   */
  private final boolean background;

  final ActorThread thread;
  final VirtualSignal ended;

  State state = State.RUNNABLE;
  long deadline = VirtualClock.NEVER;
  String waitsFor = "";
  boolean doomed;

  /** Whether it is looking at a condition, in which nobody else may get the baton. */
  boolean looking;

  private int kills;

  /** Written by any thread. */
  private volatile boolean interruptPending;

  VirtualActor(
      Scheduler scheduler,
      VirtualProcess process,
      int number,
      String name,
      Body body,
      boolean background,
      ActorThread thread) {
    this.scheduler = scheduler;
    this.process = process;
    this.number = number;
    this.name = name;
    this.body = body;
    this.background = background;
    this.thread = thread;
    this.ended = new VirtualSignal(scheduler, "the end of '" + name + "'");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean hasEnded() {
    return state == State.ENDED;
  }

  @Override
  public void join() throws InterruptedException {
    ended.await(this::hasEnded, Duration.ofSeconds(Long.MAX_VALUE));
  }

  @Override
  public boolean join(Duration timeout) throws InterruptedException {
    return ended.await(this::hasEnded, timeout);
  }

  @Override
  public void interrupt() {
    if (state != State.ENDED) {
      thread.interrupt();
    }
  }

  boolean isBackground() {
    return background;
  }

  void runToItsEnd() {
    awaitBaton();
    try {
      if (!doomed) {
        body.run();
      }
    } catch (Throwable e) {
      if (!doomed) {
        scheduler.fail("actor '" + name + "' failed: " + e, e);
      }
    }
    Thread.interrupted();
    scheduler.end(this);
  }

  /** Parks until this actor has the baton. */
  void awaitBaton() {
    while (!scheduler.isCurrent(this)) {
      LockSupport.park(this);
    }
    if (interruptPending) {
      interruptPending = false;
      thread.setFlag();
    }
  }

  /** Called with the baton, before giving it away: a thread whose flag is set could not park. */
  void putFlagAside() {
    if (Thread.interrupted()) {
      interruptPending = true;
    }
  }

  boolean isInterruptPending() {
    return interruptPending;
  }

  void interruptedByAnother() {
    VirtualActor other = ActorThread.currentActor();
    if (other == null || !scheduler.isCurrent(other)) {
      // From outside, such as a test's time-out. Whoever has the baton may be blocked outside of
      // the runtime.
      if (scheduler.isCurrent(this)) {
        thread.setFlag();
      } else {
        interruptPending = true;
      }
      return;
    }
    if (background) {
      scheduler.fail(
          "actor '"
              + other.name
              + "' interrupted '"
              + name
              + "', a thread of the runtime that is never interrupted",
          new IllegalStateException("interrupted by '" + other.name + "' here"));
      throw new ActorKilled();
    }
    interruptPending = true;
    wake();
  }

  void wake() {
    if (state == State.WAITING || state == State.HANGING) {
      state = State.RUNNABLE;
    }
  }

  /** Called on the actor's own thread whenever it enters the runtime or has got the baton back. */
  void unwindIfDoomed() {
    if (!doomed) {
      return;
    }
    if (++kills > MOST_KILLS) {
      scheduler.abandon(this);
    }
    throw new ActorKilled();
  }

  /** What it waits for and where, for people. */
  String describe() {
    StringBuilder text = new StringBuilder("  '").append(name).append("' ");
    switch (state) {
      case RUNNABLE -> text.append("can run");
      case WAITING -> text.append("waits for ").append(waitsFor);
      case HANGING -> text.append("hangs on purpose");
      case ENDED -> text.append("has ended");
    }
    if (deadline != VirtualClock.NEVER && state != State.RUNNABLE) {
      text.append(", until ").append(Duration.ofNanos(deadline)).append(" after the start");
    }
    for (StackTraceElement frame : thread.getStackTrace()) {
      String type = frame.getClassName();
      boolean ours =
          type.equals(VirtualActor.class.getName())
              || type.equals(Scheduler.class.getName())
              || type.equals(VirtualSignal.class.getName())
              || type.equals(ActorThread.class.getName())
              || type.startsWith("java.util.concurrent.locks.")
              || type.startsWith("jdk.internal.")
              || type.equals(Thread.class.getName());
      if (!ours) {
        text.append("\n      at ").append(frame);
      }
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return name;
  }
}
