package dev.perennial.testkit.simulation;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A heap that is full for a moment, now and then: what a stream calls throws an {@link
 * OutOfMemoryError}, which must leave nothing behind. Also the runtime of such a stream.
 */
final class MemoryShortages implements StreamRuntime {

  /** So few that a process comes through. */
  private static final int MOST = 3;

  private final StreamRuntime runtime;
  private final RandomChoices rarely;
  private final InvariantChecks invariants;
  private final RandomChoices pulls;
  private final Runnable inPull;
  private int left;
  private int leftForPulls;
  private boolean struck;

  /** Who is inside a pull, which may throw; null if nobody is. */
  private @Nullable Thread pulling;

  /**
   * @param rarely decides about all shortages but those of pulls
   * @param any whether there may be any of those
   * @param pulls decides about shortages of pulls
   * @param anyForPulls whether there may be any of these
   * @param inPull told of each of these
   */
  MemoryShortages(
      StreamRuntime runtime,
      RandomChoices rarely,
      InvariantChecks invariants,
      boolean any,
      RandomChoices pulls,
      boolean anyForPulls,
      Runnable inPull) {
    this.runtime = runtime;
    this.rarely = rarely;
    this.invariants = invariants;
    this.pulls = pulls;
    this.inPull = inPull;
    this.left = any ? MOST : 0;
    this.leftForPulls = anyForPulls ? MOST : 0;
  }

  /** The caller begins to pull. */
  void pull() {
    pulling = Thread.currentThread();
  }

  /** The caller does something else than pulling, for which there is memory. */
  void doNotPull() {
    if (isPulling()) {
      pulling = null;
    }
  }

  boolean isPulling() {
    return pulling == Thread.currentThread();
  }

  /** Whether there may be none. */
  boolean areAny() {
    return left > 0;
  }

  /** There is enough memory from now on. */
  void end() {
    left = 0;
    leftForPulls = 0;
  }

  /** Whether there was none at any time. */
  boolean haveStruck() {
    return struck;
  }

  /** There may be no memory for this. */
  void strike(String what) {
    if (left > 0 && rarely.percent(3)) {
      left--;
      struck = true;
      invariants.count("no memory for " + what);
      invariants.note("no memory for %s", what);
      throw new OutOfMemoryError("for " + what);
    }
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    strike("a timer");
    return runtime.schedule(delay, task);
  }

  @Override
  public void execute(Runnable task) {
    strike("a thread");
    runtime.execute(task);
  }

  /** Wherever a pull looks at the clock, there may be no memory for what it does there. */
  @Override
  public long nanoTime() {
    if (leftForPulls > 0 && isPulling() && pulls.percent(2)) {
      leftForPulls--;
      invariants.count("no memory for a pull");
      invariants.note("no memory for a pull");
      inPull.run();
      throw new OutOfMemoryError("for a pull");
    }
    return runtime.nanoTime();
  }

  @Override
  public Instant now() {
    return runtime.now();
  }

  @Override
  public double random() {
    return runtime.random();
  }

  @Override
  public Signal newSignal() {
    return runtime.newSignal();
  }
}
