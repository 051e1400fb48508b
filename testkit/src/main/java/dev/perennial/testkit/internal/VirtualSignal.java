package dev.perennial.testkit.internal;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A signal on which scheduled threads wait in virtual time. */
public final class VirtualSignal implements StreamRuntime.Signal {

  private final Scheduler scheduler;
  private final String name;
  private final List<ScheduledThread> waiting = new ArrayList<>();

  VirtualSignal(Scheduler scheduler, String name) {
    this.scheduler = scheduler;
    this.name = name;
  }

  @Override
  public void raise() {
    if (!scheduler.isRunning()) {
      return; // outside a run no thread waits
    }
    ScheduledThread me = scheduler.enter("raise() of a signal");
    wakeAll();
    scheduler.point(me, Step.RAISE);
  }

  /** Wakes all waiting threads and keeps the turn. */
  void wakeAll() {
    for (ScheduledThread thread : waiting) {
      thread.wake();
    }
    waiting.clear();
  }

  @Override
  public boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException {
    ScheduledThread me = scheduler.enter("await() of a signal");
    if (me.evaluatingCondition) {
      throw new IllegalStateException(
          "Cannot wait in await(): its condition called await(). Write a condition that does not wait.");
    }
    scheduler.point(me, Step.AWAIT);
    if (holds(me, condition)) {
      return true;
    }
    Scheduler.throwIfInterrupted();
    if (timeout.isNegative() || timeout.isZero()) {
      return false;
    }
    long deadline = scheduler.clock().deadline(timeout);
    while (!scheduler.clock().isPast(deadline)) {
      block(me, ScheduledThread.State.WAITING, deadline);
      if (holds(me, condition)) {
        return true;
      }
      Scheduler.throwIfInterrupted();
    }
    return false;
  }

  /** Waits for a condition that may never hold. The scheduler does not call this a deadlock. */
  public void hangUntil(BooleanSupplier condition) throws InterruptedException {
    ScheduledThread me = scheduler.enter("a wait");
    scheduler.point(me, Step.AWAIT);
    // Checked after the scheduling point, where another thread may have interrupted this one.
    Scheduler.throwIfInterrupted();
    while (!holds(me, condition)) {
      block(me, ScheduledThread.State.HANGING, VirtualClock.NEVER);
      Scheduler.throwIfInterrupted();
    }
  }

  private void block(ScheduledThread me, ScheduledThread.State how, long deadline) {
    waiting.add(me);
    try {
      scheduler.block(me, how, name, deadline);
    } finally {
      waiting.remove(me);
    }
  }

  private static boolean holds(ScheduledThread me, BooleanSupplier condition) {
    // With real locks no thread can raise the signal between the check and the wait, so no other
    // thread may run in between here.
    me.evaluatingCondition = true;
    try {
      return condition.getAsBoolean();
    } finally {
      me.evaluatingCondition = false;
    }
  }
}
