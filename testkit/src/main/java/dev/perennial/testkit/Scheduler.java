package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Decides which actor has the baton. Its fields belong to whoever has it; giving it away is a
 * volatile write, and getting it a volatile read.
 */
final class Scheduler {

  private final long seed;
  private final SplittableRandom choices;
  private final SplittableRandom values;
  private final VirtualClock clock;

  private final List<VirtualActor> actors = new ArrayList<>();
  private final List<VirtualActor> runnable = new ArrayList<>();
  private final VirtualTimers timers = new VirtualTimers();
  private final ActorThreads threads = new ActorThreads();
  private final Trace trace = new Trace();

  private final CountDownLatch over = new CountDownLatch(1);
  private volatile @Nullable VirtualActor current;
  private volatile boolean running;
  private VirtualLimits limits = VirtualLimits.DEFAULTS;
  private int switchOneIn;
  private int actorCount;
  private int taskCount;
  private int signalCount;
  private int doomed;
  private @Nullable ActorFailure failure;

  Scheduler(long seed) {
    this.seed = seed;
    SplittableRandom random = new SplittableRandom(seed);
    this.choices = random.split();
    this.values = random.split();
    // Some bugs show when actors alternate, others when one runs far ahead: so each seed has its
    // own rhythm.
    this.switchOneIn = 1 << random.nextInt(1, 6);
    this.clock = new VirtualClock(random);
  }

  VirtualLimits limits() {
    return limits;
  }

  void set(VirtualLimits changed) {
    if (running || over.getCount() == 0) {
      throw new IllegalStateException("a virtual runtime's settings are made before run()");
    }
    limits = changed;
  }

  /**
   * Runs a body and all actors that come of it, in threads of their own; the calling thread only
   * watches.
   */
  void run(VirtualProcess process, Body body) {
    if (limits.switchOneIn() > 0) {
      switchOneIn = limits.switchOneIn();
    }
    if (limits.recordTrace()) {
      trace.record();
    }
    running = true;
    VirtualActor first = start(process, "main", body, false);
    current = first;
    LockSupport.unpark(first.thread);
    try {
      Watchdog.await(over, trace, limits.realTime(), this::stuck);
    } finally {
      running = false;
    }
    threads.giveBack();
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * The fields are not ours to read here, but the actor that has the baton does not change them
   * either.
   */
  private ActorFailure stuck(String when) {
    VirtualActor holder = current;
    return new ActorFailure(
        "actor '"
            + holder
            + "' did not come back to the runtime "
            + when
            + ". If it waits for a real lock, then who holds"
            + " that lock waits for the runtime: no lock may be held while calling it. The actors:"
            + describeActors()
            + replay());
  }

  // --- what actors do

  boolean isRunning() {
    return running;
  }

  boolean isCurrent(VirtualActor actor) {
    return current == actor;
  }

  /** The actor that calls. Every call of the runtime begins here. */
  VirtualActor enter(String what) {
    VirtualActor actor = ActorThread.currentActor();
    if (actor == null || current != actor) {
      throw new IllegalStateException(
          what
              + " of a virtual runtime was called by thread '"
              + Thread.currentThread().getName()
              + "', which is none of its actors; only code inside run(), spawn(), execute() and schedule() may call it");
    }
    actor.unwindIfDoomed();
    return actor;
  }

  /** Lets another actor have the baton, now and then. */
  void point(VirtualActor me, Step step) {
    count(me, step);
    if (me.looking
        || (actors.size() == 1 && timers.isEmpty())
        || choices.nextInt(switchOneIn) != 0) {
      return;
    }
    change(me);
  }

  /** Gives the baton away for sure, if anybody else can run. */
  void block(VirtualActor me, VirtualActor.State state, String waitsFor, long deadline) {
    me.state = state;
    me.waitsFor = waitsFor;
    me.deadline = deadline;
    if (me.isInterruptPending()) {
      me.wake();
    }
    change(me);
    me.deadline = VirtualClock.NEVER;
    count(me, Step.WOKEN);
  }

  void sleep(Duration time) throws InterruptedException {
    VirtualActor me = enter("sleep()");
    long deadline = clock.deadline(time);
    point(me, Step.AWAIT);
    // Behind the point, where somebody may have interrupted.
    throwIfInterrupted();
    while (!clock.isPast(deadline)) {
      block(me, VirtualActor.State.WAITING, "time to pass", deadline);
      throwIfInterrupted();
    }
  }

  static void throwIfInterrupted() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted while waiting in virtual time");
    }
  }

  private void change(VirtualActor me) {
    VirtualActor next = choose();
    if (next != null && next != me) {
      me.putFlagAside();
      current = next;
      LockSupport.unpark(next.thread);
      me.awaitBaton();
    } else {
      me.state = VirtualActor.State.RUNNABLE;
    }
    me.unwindIfDoomed();
  }

  private void count(VirtualActor me, Step step) {
    trace.add(me, step, clock.elapsed());
    if (!limits.stepTime().isZero()) {
      clock.moveBy(choices.nextLong(limits.stepTime().toNanos() + 1));
    }
    if (trace.steps() > limits.steps()) {
      fail(
          "livelock: more than " + limits.steps() + " steps. The actors:" + describeActors(), null);
      me.unwindIfDoomed();
    }
  }

  VirtualActor start(VirtualProcess process, String name, Body body, boolean background) {
    ActorThread thread = threads.take();
    VirtualActor actor =
        new VirtualActor(this, process, actorCount++, name, body, background, thread);
    actors.add(actor);
    thread.assign(actor);
    return actor;
  }

  void execute(VirtualProcess process, Runnable task) {
    start(process, "task-" + ++taskCount, task::run, true);
  }

  VirtualTimer addTimer(VirtualProcess process, Duration delay, Runnable task) {
    return timers.add(process, clock.deadline(delay), task);
  }

  int pendingTimers(@Nullable VirtualProcess process) {
    if (running) {
      enter("pendingTimers()");
    }
    return timers.pending(process);
  }

  void kill(VirtualActor me, VirtualProcess process) {
    timers.removeOf(process);
    for (VirtualActor actor : actors) {
      if (actor != me && actor.process == process) {
        doom(actor);
      }
    }
    while (doomed > 0) {
      change(me);
    }
    count(me, Step.KILL);
    if (me.process == process) {
      doom(me);
    }
    me.unwindIfDoomed();
  }

  /** The actor's last call. Gives the baton away and does not wait for it. */
  void end(VirtualActor me) {
    trace.add(me, Step.END, clock.elapsed());
    leave(me);
    threads.free(me.thread);
    passOn();
  }

  /** Leaves an actor behind that cannot be unwound; its thread never returns from here. */
  void abandon(VirtualActor me) {
    leave(me);
    passOn();
    while (true) {
      LockSupport.park(this);
      Thread.interrupted();
    }
  }

  private void leave(VirtualActor me) {
    me.state = VirtualActor.State.ENDED;
    actors.remove(me);
    if (me.doomed) {
      doomed--;
    }
    me.ended.wakeAll();
  }

  private void passOn() {
    VirtualActor next = choose();
    current = next;
    if (next == null) {
      over.countDown();
    } else {
      LockSupport.unpark(next.thread);
    }
  }

  // --- choosing

  /** Who gets the baton, or null when all have ended. Moves time when nobody can run. */
  private @Nullable VirtualActor choose() {
    while (true) {
      if (doomed > 0) {
        for (VirtualActor actor : actors) {
          if (actor.doomed) {
            return actor;
          }
        }
      }
      startDueTimers();
      runnable.clear();
      boolean anyWaits = false;
      long next = timers.nextDue();
      for (VirtualActor actor : actors) {
        if (clock.isPast(actor.deadline)) {
          actor.wake();
        }
        if (actor.state == VirtualActor.State.RUNNABLE) {
          runnable.add(actor);
        } else {
          anyWaits |= actor.state == VirtualActor.State.WAITING || !actor.isBackground();
          next = Math.min(next, actor.deadline);
        }
      }
      if (!runnable.isEmpty()) {
        return runnable.size() == 1
            ? runnable.get(0)
            : runnable.get(choices.nextInt(runnable.size()));
      }
      if (actors.isEmpty()) {
        return null;
      }
      if (!anyWaits) {
        actors.forEach(this::doom);
      } else if (next == VirtualClock.NEVER) {
        fail(
            "deadlock: every actor waits, and neither a deadline nor a timer is left. The actors:"
                + describeActors(),
            null);
      } else if (next > VirtualClock.nanos(limits.time())) {
        fail(
            "livelock: more than "
                + limits.time()
                + " of virtual time. The actors:"
                + describeActors(),
            null);
      } else {
        clock.moveTo(next);
      }
    }
  }

  private void startDueTimers() {
    VirtualTimer due = timers.takeDue(clock);
    while (due != null) {
      start(due.process, due.name(), due::run, true);
      due = timers.takeDue(clock);
    }
  }

  private void doom(VirtualActor actor) {
    if (!actor.doomed && actor.state != VirtualActor.State.ENDED) {
      actor.doomed = true;
      actor.wake();
      doomed++;
    }
  }

  /** Notes the first failure and ends every actor. */
  void fail(String message, @Nullable Throwable cause) {
    if (failure == null) {
      failure =
          cause == null
              ? new ActorFailure(message + replay())
              : new ActorFailure(message + replay(), cause);
    }
    timers.clear();
    actors.forEach(this::doom);
  }

  private String describeActors() {
    StringBuilder text = new StringBuilder();
    for (VirtualActor actor : actors) {
      text.append('\n').append(actor.describe());
    }
    return text.append('\n').toString();
  }

  private String replay() {
    return " (seed " + seed + "; replay with new VirtualRuntime(" + seed + "))";
  }

  // --- time and chance

  StreamRuntime.Signal newSignal() {
    return new VirtualSignal(this, "signal-" + ++signalCount);
  }

  long nanoTime() {
    if (running) {
      enter("nanoTime()");
    }
    return clock.nanoTime();
  }

  Instant now() {
    if (running) {
      enter("now()");
    }
    return clock.now();
  }

  double random() {
    if (running) {
      enter("random()");
    }
    return values.nextDouble();
  }

  VirtualClock clock() {
    return clock;
  }

  Trace trace() {
    return trace;
  }
}
