package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A runtime whose time is virtual and whose threads take turns, so that a seed decides everything
 * that happens.
 *
 * <p>The threads, called actors, are real, but only the one that has the baton runs. It may lose
 * the baton wherever it calls the runtime: at {@code await}, {@code raise}, {@code execute}, {@code
 * schedule}, {@link #spawn}, {@link #pause}, and at its end; who gets it is drawn from the seed. An
 * actor that waits can go on when its signal was raised after it began to wait, its time is over,
 * or it was interrupted, and not merely because its condition has come to hold: a {@code raise}
 * that somebody forgot shows. When nobody can go on, time jumps to the next timer or deadline. When
 * there is none, the run fails and says who waits for what.
 *
 * <pre>{@code
 * VirtualRuntime runtime = new VirtualRuntime(42);
 * runtime.run(() -> {
 *   EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
 *   Actor closer = runtime.spawn("closer", stream::close);
 *   ...
 *   closer.join();
 * });
 * }</pre>
 *
 * <p>Inside a run only actors may call the runtime, and they must not hold a real lock ({@code
 * synchronized}, {@code ReentrantLock}) when they do, nor block in any other way: an actor that
 * waits for a lock keeps the baton, and who holds the lock never gets it back. Such a run fails
 * after 30 s of real time and shows the stacks. A run is repeatable only if the actors take no
 * other chance, such as the order of a set of objects without a {@code hashCode} of their own.
 *
 * <p>The settings are made before {@link #run}, by one thread.
 */
public final class VirtualRuntime implements StreamRuntime {

  private final long seed;
  private final Scheduler scheduler;
  private final VirtualProcess root;
  private final AtomicBoolean begun = new AtomicBoolean();

  /** Makes a runtime whose every run with this seed goes the same way. */
  public VirtualRuntime(long seed) {
    this.seed = seed;
    this.scheduler = new Scheduler(seed);
    this.root = new VirtualProcess(scheduler, "main");
  }

  /**
   * When a run has gone on for too long and fails: after 2,000,000 steps or 30 days of virtual time
   * unless set.
   */
  public VirtualRuntime limits(long steps, Duration time) {
    scheduler.set(scheduler.limits().withMost(steps, time));
    return this;
  }

  /** How long an actor may keep the baton in real time before the run fails: 30 s unless set. */
  public VirtualRuntime realTimeLimit(Duration longest) {
    scheduler.set(scheduler.limits().withRealTime(longest));
    return this;
  }

  /**
   * At one in how many calls somebody else gets the baton though the caller could go on: drawn from
   * the seed, between 2 and 32, unless set. 1 draws the next actor at every call.
   */
  public VirtualRuntime switchOneIn(int calls) {
    scheduler.set(scheduler.limits().withSwitchOneIn(calls));
    return this;
  }

  /**
   * Lets each step take a time drawn from the seed, so that time-outs also pass while others can
   * run. Zero unless set: time then moves only when nobody can go on, and every wait takes exactly
   * as long as it says.
   */
  public VirtualRuntime stepsTakeUpTo(Duration longest) {
    scheduler.set(scheduler.limits().withStepTime(longest));
    return this;
  }

  /** Keeps each step for {@link #trace()}. */
  public VirtualRuntime recordTrace() {
    scheduler.set(scheduler.limits().withTrace());
    return this;
  }

  /**
   * Runs a body as the first actor, and returns when all actors have ended. Timers that are not due
   * by then never fire, and tasks that {@link #hang()} are abandoned. A runtime runs once.
   *
   * @throws ActorFailure if an actor failed, all waited for each other, or a limit was passed
   */
  public void run(Body body) {
    if (ActorThread.currentActor() != null) {
      throw new IllegalStateException(
          "run() was called inside a run; start another actor with spawn()");
    }
    if (!begun.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "a virtual runtime runs once; make a new one for another run");
    }
    scheduler.run(root, body);
  }

  /** Starts another actor. Called by actors. */
  public Actor spawn(String name, Body body) {
    return root.spawn(name, body);
  }

  /** Makes a process: a part of the run that can be killed. */
  public VirtualProcess process(String name) {
    return new VirtualProcess(scheduler, name);
  }

  /** Lets another actor have the baton, perhaps. Called by actors. */
  public void pause() {
    root.pause();
  }

  /**
   * Waits for a time.
   *
   * @throws InterruptedException if the actor is or was interrupted
   */
  public void sleep(Duration time) throws InterruptedException {
    root.sleep(time);
  }

  /**
   * Waits for nothing, on purpose, as a call does that never returns. Where only tasks of {@code
   * execute} and {@code schedule} hang in this way the run is over.
   *
   * @throws InterruptedException if the actor is or was interrupted: the only way out
   */
  public void hang() throws InterruptedException {
    Waiting.hang(this);
  }

  void fail(AssertionError error) {
    root.fail(error);
  }

  /** How much virtual time has passed. */
  public Duration elapsed() {
    return Duration.ofNanos(scheduler.clock().elapsed());
  }

  /**
   * How many timers have neither become due nor been cancelled. A stream that is closed has none:
   * each would keep it in memory. Called by actors, or when nothing runs.
   */
  public int pendingTimers() {
    return scheduler.pendingTimers();
  }

  /** How many steps were made. */
  public long steps() {
    return scheduler.trace().steps();
  }

  /** The steps made so far, if {@link #recordTrace()} was set: when, who, what. */
  public List<String> trace() {
    return scheduler.trace().lines();
  }

  /** A number that differs, almost certainly, between runs that differ in a step. */
  public long traceHash() {
    return scheduler.trace().hash();
  }

  @Override
  public long nanoTime() {
    return root.nanoTime();
  }

  @Override
  public Instant now() {
    return root.now();
  }

  @Override
  public double random() {
    return root.random();
  }

  @Override
  public Signal newSignal() {
    return root.newSignal();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    return root.schedule(delay, task);
  }

  @Override
  public void execute(Runnable task) {
    root.execute(task);
  }

  @Override
  public String toString() {
    return "VirtualRuntime[seed " + seed + "]";
  }
}
