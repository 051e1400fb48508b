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
 * Time that stands still until a test moves it, and tasks that run when the test says so, all in
 * the test's own thread.
 */
public final class ManualRuntime implements StreamRuntime {

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
  private Optional<Duration> late = Optional.empty();
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
    if (late.filter(delay::equals).isPresent()) {
      late = Optional.empty();
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

  /** The next calls to {@code execute} find no thread. */
  public void refuseThreads(int calls) {
    refusedThreads = calls;
  }

  /** The next calls to {@code schedule} find no thread for the timers. */
  public void refuseTimers(int calls) {
    refusedTimers = calls;
  }

  /** An OutOfMemoryError in a real JVM, after which JUnit would run no further test. */
  private static Error noThread() {
    return new Error("unable to create native thread");
  }

  /**
   * The next timer with this delay runs its task before {@code schedule} has returned, as it does
   * to a thread that is held up there.
   */
  public void holdUp(Duration delay) {
    late = Optional.of(delay);
  }

  /** How many timers have neither run nor been cancelled. */
  public int pendingTimers() {
    timers.removeIf(entry -> entry.cancelled);
    return timers.size();
  }

  /** How many tasks wait to be run. */
  public int pendingTasks() {
    return tasks.size();
  }

  /** Runs the tasks that wait, and those that they bring about. */
  public void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Lets time pass, and runs what falls due on the way. */
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
