package dev.perennial.port;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A runtime whose time a test advances by hand. It runs timers and tasks in the thread of the test,
 * when the test asks for it or waits for a signal.
 */
public class ManualRuntime implements StreamRuntime {

  private static final class Entry implements Timer {
    final long at;
    final Runnable task;
    boolean cancelled;

    Entry(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private final List<Entry> timers = new ArrayList<>();
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private long nanos;
  private Optional<Duration> immediate = Optional.empty();
  private int refusedThreads;
  private int refusedTimers;

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  public double random() {
    return 0;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    if (refusedTimers > 0) {
      refusedTimers--;
      throw noThread();
    }
    if (immediate.filter(delay::equals).isPresent()) {
      immediate = Optional.empty();
      task.run();
      return () -> {};
    }
    Entry entry = new Entry(saturatedSum(nanos, nanosOf(delay)), task);
    timers.add(entry);
    return entry;
  }

  @Override
  public void execute(Runnable task) {
    if (refusedThreads > 0) {
      refusedThreads--;
      throw noThread();
    }
    tasks.add(task);
  }

  /** Makes the next calls of {@code execute} fail as if no thread were available. */
  public void refuseThreads(int calls) {
    refusedThreads = calls;
  }

  /** Makes the next calls of {@code schedule} fail as if no thread were available. */
  public void refuseTimers(int calls) {
    refusedTimers = calls;
  }

  /** A real JVM throws an OutOfMemoryError, but that would stop JUnit. */
  private static Error noThread() {
    return new Error("unable to create native thread");
  }

  /**
   * Runs the task of the next timer with this delay before {@code schedule} returns, as can happen
   * to a calling thread that is paused there.
   */
  public void runWithinSchedule(Duration delay) {
    immediate = Optional.of(delay);
  }

  /** Returns how many timers have neither run nor been cancelled. */
  public int pendingTimers() {
    timers.removeIf(entry -> entry.cancelled);
    return timers.size();
  }

  /** Returns how many tasks have not run yet. */
  public int pendingTasks() {
    return tasks.size();
  }

  /** Runs all tasks, including those that other tasks add. */
  public void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Advances the time, and runs all timers that become due, and all tasks. */
  public void advance(Duration time) {
    long until = saturatedSum(nanos, nanosOf(time));
    runTasks();
    for (Entry next = due(until); next != null; next = due(until)) {
      timers.remove(next);
      nanos = Math.max(nanos, next.at);
      next.task.run();
      runTasks();
    }
    nanos = until;
  }

  private Entry due(long until) {
    timers.removeIf(entry -> entry.cancelled);
    return timers.stream()
        .filter(entry -> entry.at <= until)
        .min(Comparator.comparingLong(entry -> entry.at))
        .orElse(null);
  }

  @Override
  public Signal newSignal() {
    return new Signal() {
      @Override
      public void raise() {}

      @Override
      public boolean await(BooleanSupplier condition, Duration timeout) {
        long until = saturatedSum(nanos, nanosOf(timeout));
        while (!condition.getAsBoolean()) {
          Entry next = due(until);
          if (!tasks.isEmpty()) {
            tasks.remove().run();
          } else if (next != null) {
            timers.remove(next);
            nanos = Math.max(nanos, next.at);
            next.task.run();
          } else {
            nanos = until;
            return condition.getAsBoolean();
          }
        }
        return true;
      }
    };
  }

  private static long nanosOf(Duration duration) {
    return Math.max(0, TimeUnit.NANOSECONDS.convert(duration));
  }

  private static long saturatedSum(long a, long b) {
    long sum = a + b;
    return sum < a ? Long.MAX_VALUE : sum;
  }
}
