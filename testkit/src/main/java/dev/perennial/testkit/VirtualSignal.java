package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A signal whose waiting threads are actors. */
final class VirtualSignal implements StreamRuntime.Signal {

  private final Scheduler scheduler;
  private final String name;
  private final List<VirtualActor> waiting = new ArrayList<>();

  VirtualSignal(Scheduler scheduler, String name) {
    this.scheduler = scheduler;
    this.name = name;
  }

  @Override
  public void raise() {
    if (!scheduler.isRunning()) {
      return; // nobody can be waiting
    }
    VirtualActor me = scheduler.enter("raise() of a signal");
    wakeAll();
    scheduler.point(me, Step.RAISE);
  }

  /** Raises without giving up the baton. */
  void wakeAll() {
    for (VirtualActor actor : waiting) {
      actor.wake();
    }
    waiting.clear();
  }

  @Override
  public boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException {
    VirtualActor me = scheduler.enter("await() of a signal");
    if (me.looking) {
      throw new IllegalStateException("a condition must not wait, but this one called await()");
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
      block(me, VirtualActor.State.WAITING, deadline);
      if (holds(me, condition)) {
        return true;
      }
      Scheduler.throwIfInterrupted();
    }
    return false;
  }

  /** Waits for a condition that may never hold, on purpose: this is no deadlock. */
  void hangUntil(BooleanSupplier condition) throws InterruptedException {
    VirtualActor me = scheduler.enter("a wait");
    scheduler.point(me, Step.AWAIT);
    // Behind the point, where somebody may have interrupted.
    Scheduler.throwIfInterrupted();
    while (!holds(me, condition)) {
      block(me, VirtualActor.State.HANGING, VirtualClock.NEVER);
      Scheduler.throwIfInterrupted();
    }
  }

  private void block(VirtualActor me, VirtualActor.State how, long deadline) {
    waiting.add(me);
    try {
      scheduler.block(me, how, name, deadline);
    } finally {
      waiting.remove(me);
    }
  }

  private static boolean holds(VirtualActor me, BooleanSupplier condition) {
    // With real locks nobody raises between a look at the condition and the wait, so nobody may run
    // here in between.
    me.looking = true;
    try {
      return condition.getAsBoolean();
    } finally {
      me.looking = false;
    }
  }
}
