package dev.perennial.testkit.simulation;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.time.Instant;

/**
 * A heap that is full for a moment, now and then: what a stream calls throws an {@link
 * OutOfMemoryError}, which must leave nothing behind. Also the runtime of such a stream.
 */
final class Shortages implements StreamRuntime {

  /** So few that a process comes through. */
  private static final int MOST = 3;

  private final StreamRuntime runtime;
  private final Chance rarely;
  private final Referee referee;
  private int left;
  private boolean struck;

  Shortages(StreamRuntime runtime, Chance rarely, Referee referee, boolean any) {
    this.runtime = runtime;
    this.rarely = rarely;
    this.referee = referee;
    this.left = any ? MOST : 0;
  }

  /** Whether there may be none. */
  boolean areAny() {
    return left > 0;
  }

  /** There is enough memory from now on. */
  void end() {
    left = 0;
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
      referee.count("no memory for " + what);
      referee.note("no memory for %s", what);
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

  @Override
  public long nanoTime() {
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
