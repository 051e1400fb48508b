package dev.perennial.testkit;

import dev.perennial.port.StreamRuntime;
import dev.perennial.testkit.internal.CarrierThread;
import dev.perennial.testkit.internal.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A deterministic runtime for tests. Time is virtual and threads take turns, in an order that the
 * seed decides.
 *
 * <p>The simulated threads are real threads, but only the one that has the turn runs. The turn may
 * pass to another thread at each call of the runtime: {@code await}, {@code raise}, {@code
 * execute}, {@code schedule}, {@link #spawn}, {@link #pause}, and at the thread's end. The seed
 * decides which thread gets it. A waiting thread can run again after its signal was raised, its
 * timeout has passed, or it was interrupted. A condition that becomes true does not wake it, so a
 * missing {@code raise} shows as a failure. When no thread can run, time jumps to the next timer or
 * deadline. If there is none, the run fails with a message that lists what each thread waits for.
 *
 * <pre>{@code
 * VirtualRuntime runtime = new VirtualRuntime(42);
 * runtime.run(() -> {
 *   EventStream<String> stream = EventStream.from(source).runtime(runtime).open();
 *   SimulatedThread closer = runtime.spawn("closer", stream::close);
 *   ...
 *   closer.join();
 * });
 * }</pre>
 *
 * <p>Inside a run only simulated threads may call the runtime. They must not hold a real lock
 * ({@code synchronized}, {@code ReentrantLock}) when they do, nor block in any other way: a thread
 * that waits for a lock keeps the turn, and the thread that holds the lock never gets it. Such a
 * run fails after 30 s of real time and shows the stacks. A run repeats exactly only if the threads
 * depend on nothing else that is random, such as the order of a set of objects without a {@code
 * hashCode} of their own.
 *
 * <p>The settings are made before {@link #run}, by one thread.
 */
public final class VirtualRuntime implements StreamRuntime {

  private final long seed;
  private final Scheduler scheduler;
  private final VirtualProcess root;
  private final AtomicBoolean begun = new AtomicBoolean();

  /** Makes a runtime. All runs with the same seed take the same steps. */
  public VirtualRuntime(long seed) {
    this.seed = seed;
    this.scheduler = new Scheduler(seed, SimulationFailure::new);
    this.root = new VirtualProcess(scheduler, "main");
  }

  /**
   * Sets after how many steps and how much virtual time a run fails. Default: 2,000,000 steps, 30
   * days.
   */
  public VirtualRuntime limits(long steps, Duration time) {
    scheduler.set(scheduler.limits().withMost(steps, time));
    return this;
  }

  /**
   * Sets how long a thread may keep the turn, in real time, before the run fails. Default: 30 s.
   */
  public VirtualRuntime realTimeLimit(Duration longest) {
    scheduler.set(scheduler.limits().withRealTime(longest));
    return this;
  }

  /**
   * Sets at one in how many calls the turn passes to another thread although the caller could run
   * on. Default: drawn from the seed, between 2 and 32. 1 draws the next thread at every call.
   */
  public VirtualRuntime switchOneIn(int calls) {
    scheduler.set(scheduler.limits().withSwitchOneIn(calls));
    return this;
  }

  /**
   * Lets each step take a time drawn from the seed, so that timeouts also expire while threads can
   * run. Default: zero, so that time moves only when no thread can run, and every wait takes
   * exactly its time.
   */
  public VirtualRuntime stepsTakeUpTo(Duration longest) {
    scheduler.set(scheduler.limits().withStepTime(longest));
    return this;
  }

  /** Records each step for {@link #trace()}. */
  public VirtualRuntime recordTrace() {
    scheduler.set(scheduler.limits().withTrace());
    return this;
  }

  /**
   * Runs a body as the first simulated thread, and returns when all threads have ended. Timers that
   * are not due by then never fire, and tasks that {@link #hang()} are abandoned. A runtime runs
   * once.
   *
   * @throws SimulationFailure if a thread failed, all waited for each other, or a limit was
   *     exceeded
   */
  public void run(ThrowingTask body) {
    if (CarrierThread.currentThreadOrNull() != null) {
      throw new IllegalStateException(
          "Cannot call run() inside a run. Start another thread with spawn().");
    }
    if (!begun.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "Cannot run a virtual runtime twice. Make a new one for another run.");
    }
    scheduler.run(root, VirtualProcess.callable(body));
  }

  /** Starts another thread. Called by simulated threads. */
  public SimulatedThread spawn(String name, ThrowingTask body) {
    return root.spawn(name, body);
  }

  /** Makes a process, a part of the run that can be killed. */
  public VirtualProcess process(String name) {
    return new VirtualProcess(scheduler, name);
  }

  /** Lets the scheduler pass the turn to another thread. Called by simulated threads. */
  public void pause() {
    root.pause();
  }

  /**
   * Waits for a duration of virtual time.
   *
   * @throws InterruptedException if the thread is or was interrupted
   */
  public void sleep(Duration time) throws InterruptedException {
    root.sleep(time);
  }

  /**
   * Hangs on purpose, like a call that never returns. It does not count as a deadlock: the run ends
   * when only tasks of {@code execute} and {@code schedule} are left and all of them hang.
   *
   * @throws InterruptedException if the thread is or was interrupted; nothing else ends the wait
   */
  public void hang() throws InterruptedException {
    RuntimeWaits.hang(this);
  }

  void fail(AssertionError error) {
    root.fail(error);
  }

  /** Returns how much virtual time has passed. */
  public Duration elapsed() {
    return Duration.ofNanos(scheduler.clock().elapsed());
  }

  /**
   * Returns how many timers of all processes are scheduled, neither due nor cancelled. A closed
   * stream leaves none. Inside a run, only simulated threads call it; after the run it counts the
   * timers that never fire.
   */
  public int pendingTimers() {
    return scheduler.pendingTimers(null);
  }

  /** Returns how many steps the run has made. */
  public long steps() {
    return scheduler.trace().steps();
  }

  /**
   * Returns the steps made so far, a line each with time, thread and step. Empty without {@link
   * #recordTrace()}.
   */
  public List<String> trace() {
    return scheduler.trace().lines();
  }

  /** Returns a hash of all steps. Runs with different steps almost certainly have other hashes. */
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
