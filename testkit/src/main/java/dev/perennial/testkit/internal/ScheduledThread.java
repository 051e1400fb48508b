package dev.perennial.testkit.internal;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that a {@link Scheduler} runs on a carrier thread. Only the thread that has the turn
 * accesses its state, unless a comment says otherwise. Passing the turn makes changes visible.
 */
public final class ScheduledThread {

  enum State {
    RUNNABLE,
    WAITING,
    /** Hangs on purpose. Not a deadlock if the thread is in the background. */
    HANGING,
    ENDED
  }

  /** A thread that has caught this many {@link ThreadKilled} will never unwind. */
  private static final int MOST_ERRORS = 1_000;

  private final Scheduler scheduler;
  final StreamRuntime process;
  final int number;
  private final String name;
  private final Callable<?> body;

  /** Whether it runs a task of {@code execute} or {@code schedule}, which nobody may interrupt. */
  private final boolean background;

  final CarrierThread carrier;
  final VirtualSignal ended;

  State state = State.RUNNABLE;
  long deadline = VirtualClock.NEVER;
  String waitsFor = "";
  boolean killed;

  /** Whether it evaluates a condition. No other thread may get the turn meanwhile. */
  boolean evaluatingCondition;

  private int errorsThrown;

  /** Written by any carrier. */
  private volatile boolean interruptPending;

  ScheduledThread(
      Scheduler scheduler,
      StreamRuntime process,
      int number,
      String name,
      Callable<?> body,
      boolean background,
      CarrierThread carrier) {
    this.scheduler = scheduler;
    this.process = process;
    this.number = number;
    this.name = name;
    this.body = body;
    this.background = background;
    this.carrier = carrier;
    this.ended = new VirtualSignal(scheduler, "the end of '" + name + "'");
  }

  public String name() {
    return name;
  }

  public boolean hasEnded() {
    return state == State.ENDED;
  }

  public void join() throws InterruptedException {
    ended.await(this::hasEnded, Duration.ofSeconds(Long.MAX_VALUE));
  }

  public boolean join(Duration timeout) throws InterruptedException {
    return ended.await(this::hasEnded, timeout);
  }

  public void interrupt() {
    if (state != State.ENDED) {
      carrier.interrupt();
    }
  }

  boolean isBackground() {
    return background;
  }

  void runToItsEnd() {
    awaitTurn();
    try {
      if (!killed) {
        body.call();
      }
    } catch (Throwable e) {
      if (!killed) {
        scheduler.fail("Thread '" + name + "' failed: " + e + ".", e);
      }
    }
    Thread.interrupted();
    scheduler.end(this);
  }

  /** Parks until this thread has the turn. */
  void awaitTurn() {
    while (!scheduler.isCurrent(this)) {
      LockSupport.park(this);
    }
    if (interruptPending) {
      interruptPending = false;
      carrier.setFlag();
    }
  }

  /**
   * Clears the interrupt flag before the turn is passed on: a carrier with the flag set cannot
   * park.
   */
  void putFlagAside() {
    if (Thread.interrupted()) {
      interruptPending = true;
    }
  }

  boolean isInterruptPending() {
    return interruptPending;
  }

  void interruptedByAnother() {
    ScheduledThread other = CarrierThread.currentThreadOrNull();
    if (other == null || !scheduler.isCurrent(other)) {
      // From outside of the run, such as a test's timeout: the thread that has the turn may be
      // blocked outside of the runtime.
      if (scheduler.isCurrent(this)) {
        carrier.setFlag();
      } else {
        interruptPending = true;
      }
      return;
    }
    if (background) {
      scheduler.fail(
          "Thread '"
              + other.name
              + "' interrupted '"
              + name
              + "', a thread of the runtime that is never interrupted.",
          new IllegalStateException("interrupted by '" + other.name + "' here"));
      throw new ThreadKilled();
    }
    interruptPending = true;
    wake();
  }

  void wake() {
    if (state == State.WAITING || state == State.HANGING) {
      state = State.RUNNABLE;
    }
  }

  /**
   * Throws if this thread was killed. Called by itself when it enters the runtime or gets the turn.
   */
  void throwIfKilled() {
    if (!killed) {
      return;
    }
    if (++errorsThrown > MOST_ERRORS) {
      scheduler.abandon(this);
    }
    throw new ThreadKilled();
  }

  /** Returns a description of what it waits for, with its stack, for error messages. */
  String describe() {
    StringBuilder text = new StringBuilder("  '").append(name).append("' ");
    switch (state) {
      case RUNNABLE -> text.append("can run");
      case WAITING -> text.append("waits for ").append(waitsFor);
      case HANGING -> text.append("hangs on purpose");
      case ENDED -> text.append("has ended");
    }
    if (deadline != VirtualClock.NEVER && state != State.RUNNABLE) {
      text.append(", until ")
          .append(VirtualClock.text(Duration.ofNanos(deadline)))
          .append(" after the start");
    }
    for (StackTraceElement frame : carrier.getStackTrace()) {
      String type = frame.getClassName();
      boolean ours =
          type.equals(ScheduledThread.class.getName())
              || type.equals(Scheduler.class.getName())
              || type.equals(VirtualSignal.class.getName())
              || type.equals(CarrierThread.class.getName())
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
