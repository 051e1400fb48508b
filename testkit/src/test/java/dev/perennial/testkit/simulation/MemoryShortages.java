package dev.perennial.testkit.simulation;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A simulation of a heap that is full for a moment. Calls that a stream makes throw an {@link
 * OutOfMemoryError} at random. It is also the runtime of such a stream.
 */
final class MemoryShortages implements StreamRuntime {

  /** So few that a process can still finish. */
  private static final int MOST = 3;

  private final StreamRuntime runtime;
  private final RandomChoices roughChance;
  private final InvariantChecks invariants;
  private final RandomChoices pullChance;
  private final Runnable onPullShortage;
  private int left;
  private int leftForPulls;
  private boolean happened;
  private boolean happenedInPull;

  /** When there was no memory for a thread. */
  private @Nullable Instant noThreadAt;

  private boolean neither;

  /** The thread inside a pull, which may throw; null if there is none. */
  private @Nullable Thread pulling;

  /**
   * @param roughChance decides about all shortages except those in pulls
   * @param any whether there may be shortages outside pulls
   * @param pullChance decides about shortages in pulls
   * @param anyForPulls whether there may be shortages in pulls
   * @param onPullShortage called at each shortage in a pull
   */
  MemoryShortages(
      StreamRuntime runtime,
      RandomChoices roughChance,
      InvariantChecks invariants,
      boolean any,
      RandomChoices pullChance,
      boolean anyForPulls,
      Runnable onPullShortage) {
    this.runtime = runtime;
    this.roughChance = roughChance;
    this.invariants = invariants;
    this.pullChance = pullChance;
    this.onPullShortage = onPullShortage;
    this.left = any ? MOST : 0;
    this.leftForPulls = anyForPulls ? MOST : 0;
  }

  /** Allows shortages in the calling thread, which begins a pull. */
  void enterPull() {
    pulling = Thread.currentThread();
  }

  /** Ends the shortages in the calling thread, which has left the pull. */
  void leavePull() {
    if (isPulling()) {
      pulling = null;
    }
  }

  boolean isPulling() {
    return pulling == Thread.currentThread();
  }

  /** Returns whether a shortage outside a pull may still happen. */
  boolean arePossible() {
    return left > 0;
  }

  /** Ends all shortages. */
  void end() {
    left = 0;
    leftForPulls = 0;
  }

  /** Returns whether a shortage outside a pull has happened. */
  boolean haveHappened() {
    return happened;
  }

  /** Returns whether a shortage in a pull has happened. */
  boolean haveHappenedInPull() {
    return happenedInPull;
  }

  /**
   * Returns whether there was memory neither for a thread nor, at once afterwards, for a timer that
   * would have tried again.
   */
  boolean allowedNeitherThreadNorTimer() {
    return neither;
  }

  /** Throws at random. */
  void maybeThrow(String what) {
    if (left > 0 && roughChance.percent(3)) {
      left--;
      happened = true;
      invariants.count("no memory for " + what);
      invariants.note("no memory for %s", what);
      throw new OutOfMemoryError("for " + what);
    }
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    try {
      maybeThrow("a timer");
    } catch (OutOfMemoryError e) {
      neither |= runtime.now().equals(noThreadAt);
      throw e;
    }
    return runtime.schedule(delay, task);
  }

  @Override
  public void execute(Runnable task) {
    try {
      maybeThrow("a thread");
    } catch (OutOfMemoryError e) {
      noThreadAt = runtime.now();
      throw e;
    }
    runtime.execute(task);
  }

  /** Throws at random in a pull, where it reads the clock. */
  @Override
  public long nanoTime() {
    if (leftForPulls > 0 && isPulling() && pullChance.percent(2)) {
      leftForPulls--;
      happenedInPull = true;
      invariants.count("no memory for a pull");
      invariants.note("no memory for a pull");
      onPullShortage.run();
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
