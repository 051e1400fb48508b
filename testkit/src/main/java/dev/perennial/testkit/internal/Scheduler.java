package dev.perennial.testkit.internal;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler of one run. It decides which thread has the turn. Only that thread accesses its
 * fields: passing the turn is a volatile write, and getting it is a volatile read.
 */
public final class Scheduler {

  private final long seed;
  private final BiFunction<String, @Nullable Throwable, ? extends AssertionError> failures;
  private final SplittableRandom choices;
  private final SplittableRandom values;
  private final VirtualClock clock;

  private final List<ScheduledThread> threads = new ArrayList<>();
  private final List<ScheduledThread> runnable = new ArrayList<>();
  private final VirtualTimers timers = new VirtualTimers();
  private final CarrierThreads carriers = new CarrierThreads();
  private final ExecutionTrace trace = new ExecutionTrace();

  private final CountDownLatch over = new CountDownLatch(1);
  private volatile @Nullable ScheduledThread current;
  private volatile boolean running;
  private VirtualLimits limits = VirtualLimits.DEFAULTS;
  private int switchOneIn;
  private int threadCount;
  private int taskCount;
  private int signalCount;
  private int killedThreads;
  private @Nullable AssertionError failure;

  /**
   * Makes the scheduler of one run.
   *
   * @param failures makes the error of a failed run from a message and a cause, which may be null
   */
  public Scheduler(
      long seed, BiFunction<String, @Nullable Throwable, ? extends AssertionError> failures) {
    this.seed = seed;
    this.failures = failures;
    SplittableRandom random = new SplittableRandom(seed);
    this.choices = random.split();
    this.values = random.split();
    // Some bugs show when threads alternate, others when one runs far ahead, so each seed draws
    // how often threads switch.
    this.switchOneIn = 1 << random.nextInt(1, 6);
    this.clock = new VirtualClock(random);
  }

  public VirtualLimits limits() {
    return limits;
  }

  public void set(VirtualLimits changed) {
    if (running || over.getCount() == 0) {
      throw new IllegalStateException(
          "Cannot change the settings of a virtual runtime: it has run. Set them before run().");
    }
    limits = changed;
  }

  /**
   * Runs a body and all threads that it starts, on carrier threads. The calling thread only waits
   * for their end and detects a run that is stuck.
   */
  public void run(StreamRuntime process, Callable<?> body) {
    if (limits.switchOneIn() > 0) {
      switchOneIn = limits.switchOneIn();
    }
    if (limits.recordTrace()) {
      trace.record();
    }
    running = true;
    ScheduledThread first = start(process, "main", body, false);
    current = first;
    LockSupport.unpark(first.carrier);
    try {
      StallDetector.await(over, trace, limits.realTime(), this::stuck);
    } finally {
      running = false;
    }
    carriers.giveBack();
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Makes the error of a run that is stuck. It may read the fields without the turn, because the
   * thread that has the turn does not change them while it is stuck.
   */
  private AssertionError stuck(String when) {
    ScheduledThread holder = current;
    return failures.apply(
        "Thread '"
            + holder
            + "' has not called the runtime "
            + when
            + ". If it waits for a real lock, the thread"
            + " that holds the lock waits for the runtime. Hold no lock while you call the runtime. The threads:"
            + describeThreads()
            + replay(),
        null);
  }

  // --- called by threads with the turn

  boolean isRunning() {
    return running;
  }

  boolean isCurrent(ScheduledThread thread) {
    return current == thread;
  }

  /** Returns the calling thread. Every call of the runtime begins here. */
  public ScheduledThread enter(String what) {
    ScheduledThread thread = CarrierThread.currentThreadOrNull();
    if (thread == null || current != thread) {
      throw new IllegalStateException(
          what
              + " of a virtual runtime was called by thread '"
              + Thread.currentThread().getName()
              + "', which is not one of its threads. Call it only from code inside run(), spawn(), execute() and schedule().");
    }
    thread.throwIfKilled();
    return thread;
  }

  /** Passes the turn to another thread at some calls, which the seed draws. */
  public void point(ScheduledThread me, Step step) {
    count(me, step);
    if (me.evaluatingCondition
        || (threads.size() == 1 && timers.isEmpty())
        || choices.nextInt(switchOneIn) != 0) {
      return;
    }
    change(me);
  }

  /** Blocks a thread until it can run again, and passes the turn to another thread. */
  void block(ScheduledThread me, ScheduledThread.State state, String waitsFor, long deadline) {
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

  public void sleep(Duration time) throws InterruptedException {
    ScheduledThread me = enter("sleep()");
    long deadline = clock.deadline(time);
    point(me, Step.AWAIT);
    // Checked after the scheduling point, where another thread may have interrupted this one.
    throwIfInterrupted();
    while (!clock.isPast(deadline)) {
      block(me, ScheduledThread.State.WAITING, "time to pass", deadline);
      throwIfInterrupted();
    }
  }

  static void throwIfInterrupted() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted while waiting in virtual time");
    }
  }

  private void change(ScheduledThread me) {
    ScheduledThread next = choose();
    if (next != null && next != me) {
      me.putFlagAside();
      current = next;
      LockSupport.unpark(next.carrier);
      me.awaitTurn();
    } else {
      me.state = ScheduledThread.State.RUNNABLE;
    }
    me.throwIfKilled();
  }

  private void count(ScheduledThread me, Step step) {
    trace.add(me, step, clock.elapsed());
    if (!limits.stepTime().isZero()) {
      clock.moveBy(choices.nextLong(limits.stepTime().toNanos() + 1));
    }
    if (trace.steps() > limits.steps()) {
      fail(
          "Livelock: more than " + limits.steps() + " steps. The threads:" + describeThreads(),
          null);
      me.throwIfKilled();
    }
  }

  public ScheduledThread start(
      StreamRuntime process, String name, Callable<?> body, boolean background) {
    CarrierThread carrier = carriers.take();
    ScheduledThread thread =
        new ScheduledThread(this, process, threadCount++, name, body, background, carrier);
    threads.add(thread);
    carrier.mount(thread);
    return thread;
  }

  public void execute(StreamRuntime process, Runnable task) {
    start(process, "task-" + ++taskCount, Executors.callable(task), true);
  }

  public VirtualTimer addTimer(StreamRuntime process, Duration delay, Runnable task) {
    return timers.add(process, clock.deadline(delay), task);
  }

  public int pendingTimers(@Nullable StreamRuntime process) {
    if (running) {
      enter("pendingTimers()");
    }
    return timers.pending(process);
  }

  public void kill(ScheduledThread me, StreamRuntime process) {
    timers.removeOf(process);
    for (ScheduledThread thread : threads) {
      if (thread != me && thread.process.equals(process)) {
        kill(thread);
      }
    }
    while (killedThreads > 0) {
      change(me);
    }
    count(me, Step.KILL);
    if (me.process.equals(process)) {
      kill(me);
    }
    me.throwIfKilled();
  }

  /** Ends a thread: passes the turn on and does not wait for it. */
  void end(ScheduledThread me) {
    trace.add(me, Step.END, clock.elapsed());
    leave(me);
    carriers.free(me.carrier);
    passOn();
  }

  /** Abandons a thread that cannot be unwound. Its carrier never returns from here. */
  void abandon(ScheduledThread me) {
    leave(me);
    passOn();
    while (true) {
      LockSupport.park(this);
      Thread.interrupted();
    }
  }

  private void leave(ScheduledThread me) {
    me.state = ScheduledThread.State.ENDED;
    threads.remove(me);
    if (me.killed) {
      killedThreads--;
    }
    me.ended.wakeAll();
  }

  private void passOn() {
    ScheduledThread next = choose();
    current = next;
    if (next == null) {
      over.countDown();
    } else {
      LockSupport.unpark(next.carrier);
    }
  }

  // --- choosing

  /**
   * Returns the thread that gets the next turn; null if all have ended. Moves time if none can run.
   */
  private @Nullable ScheduledThread choose() {
    while (true) {
      if (killedThreads > 0) {
        for (ScheduledThread thread : threads) {
          if (thread.killed) {
            return thread;
          }
        }
      }
      startDueTimers();
      runnable.clear();
      boolean anyWaits = false;
      long next = timers.nextDue();
      for (ScheduledThread thread : threads) {
        if (clock.isPast(thread.deadline)) {
          thread.wake();
        }
        if (thread.state == ScheduledThread.State.RUNNABLE) {
          runnable.add(thread);
        } else {
          anyWaits |= thread.state == ScheduledThread.State.WAITING || !thread.isBackground();
          next = Math.min(next, thread.deadline);
        }
      }
      if (!runnable.isEmpty()) {
        return runnable.size() == 1
            ? runnable.get(0)
            : runnable.get(choices.nextInt(runnable.size()));
      }
      if (threads.isEmpty()) {
        return null;
      }
      if (!anyWaits) {
        threads.forEach(this::kill);
      } else if (next == VirtualClock.NEVER) {
        fail(
            "Deadlock: every thread waits, and neither a deadline nor a timer is left. The threads:"
                + describeThreads(),
            null);
      } else if (next > VirtualClock.nanos(limits.time())) {
        fail(
            "Livelock: more than "
                + VirtualClock.text(limits.time())
                + " of virtual time. The threads:"
                + describeThreads(),
            null);
      } else {
        clock.moveTo(next);
      }
    }
  }

  private void startDueTimers() {
    VirtualTimer due = timers.takeDue(clock);
    while (due != null) {
      start(due.process, due.name(), Executors.callable(due::run), true);
      due = timers.takeDue(clock);
    }
  }

  private void kill(ScheduledThread thread) {
    if (!thread.killed && thread.state != ScheduledThread.State.ENDED) {
      thread.killed = true;
      thread.wake();
      killedThreads++;
    }
  }

  /** Records the first failure and ends every thread. */
  public void fail(String message, @Nullable Throwable cause) {
    if (failure == null) {
      failure = failures.apply(message + replay(), cause);
    }
    timers.clear();
    threads.forEach(this::kill);
  }

  private String describeThreads() {
    StringBuilder text = new StringBuilder();
    for (ScheduledThread thread : threads) {
      text.append('\n').append(thread.describe());
    }
    return text.append('\n').toString();
  }

  private String replay() {
    return " Repeat the run with new VirtualRuntime(" + seed + ").";
  }

  // --- time and random numbers

  public StreamRuntime.Signal newSignal() {
    return new VirtualSignal(this, "signal-" + ++signalCount);
  }

  public long nanoTime() {
    if (running) {
      enter("nanoTime()");
    }
    return clock.nanoTime();
  }

  public Instant now() {
    if (running) {
      enter("now()");
    }
    return clock.now();
  }

  public double random() {
    if (running) {
      enter("random()");
    }
    return values.nextDouble();
  }

  public VirtualClock clock() {
    return clock;
  }

  public ExecutionTrace trace() {
    return trace;
  }
}
