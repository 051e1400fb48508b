package dev.perennial.port;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The real runtime: the JVM's clocks and random numbers, one timer thread and a cached pool, all of
 * them daemons, and virtual threads for handlers.
 */
final class SystemRuntime implements StreamRuntime {

  /**
   * How long an idle thread is kept: long enough for the next save of a busy stream, short enough
   * to be gone soon.
   */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(1);

  /** The time between two ticks of {@link #recentNanoTime}: too short for people to notice. */
  private static final Duration TICK = Duration.ofMillis(10);

  static final SystemRuntime INSTANCE = new SystemRuntime();

  private final ScheduledThreadPoolExecutor timers;
  private final ExecutorService workers;
  private final Executor handlerThreads;

  /** The clock when it was read last, by a tick or by a caller. */
  private volatile long recent;

  /** Whether a tick is scheduled. */
  private volatile boolean ticking;

  /** When a caller last had a tick scheduled. Guarded by this. */
  private long startedAt;

  /**
   * Whether a caller asked for the time since the last tick. Not volatile, so that asking costs
   * nothing: if a tick does not see it, the next caller starts again.
   */
  private boolean asked;

  private SystemRuntime() {
    timers = new ScheduledThreadPoolExecutor(1, daemons("perennial-timer-"));
    timers.setRemoveOnCancelPolicy(true);
    timers.setKeepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS);
    timers.allowCoreThreadTimeOut(true);
    workers =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            KEEP_ALIVE.toMillis(),
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            daemons("perennial-worker-"));
    handlerThreads = virtualThreads(workers);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long recentNanoTime() {
    if (!asked) {
      asked = true;
    }
    return ticking ? recent : readClock();
  }

  /** Reads the clock, and has the timer read it from the second call within a tick on. */
  private synchronized long readClock() {
    long now = System.nanoTime();
    boolean isOften = now - recent < TICK.toNanos();
    if (!ticking) {
      recent = now;
      // At most one try in a tick, if there is no thread for the timer.
      if (isOften && now - startedAt >= TICK.toNanos()) {
        startedAt = now;
        ticking = tickLater();
      }
    }
    return now;
  }

  private synchronized void tick() {
    recent = System.nanoTime();
    ticking = asked && tickLater();
    asked = false;
  }

  private boolean tickLater() {
    try {
      schedule(TICK, this::tick);
      return true;
    } catch (Throwable e) {
      // Without the timer every caller reads the clock.
      return false;
    }
  }

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public double random() {
    return ThreadLocalRandom.current().nextDouble();
  }

  @Override
  public Signal newSignal() {
    return new MonitorSignal();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    Future<?> future = timers.schedule(task, saturatedNanos(delay), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public void execute(Runnable task) {
    workers.execute(task);
  }

  /** Returns virtual threads if the JVM has them, as Java 21 and newer do. */
  private static Executor virtualThreads(Executor otherwise) {
    try {
      return (Executor) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (ReflectiveOperationException e) {
      return otherwise;
    }
  }

  @Override
  public Executor handlerThreads() {
    return handlerThreads;
  }

  private static ThreadFactory daemons(String prefix) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  private static long saturatedNanos(Duration duration) {
    return TimeUnit.NANOSECONDS.convert(duration);
  }

  /**
   * A lock and a condition with a count of the waiting threads, so that raising costs one read if
   * none waits.
   */
  private static final class MonitorSignal implements Signal {

    private final AtomicInteger waiting = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition raised = lock.newCondition();

    @Override
    public void raise() {
      // A waiting thread counts itself before it checks its condition, so either it sees the change
      // or this sees it.
      if (waiting.get() == 0) {
        return;
      }
      lock.lock();
      try {
        raised.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean await(BooleanSupplier condition, Duration timeout) throws InterruptedException {
      if (condition.getAsBoolean()) {
        return true;
      }
      long nanos = saturatedNanos(timeout);
      waiting.incrementAndGet();
      lock.lock();
      try {
        while (!condition.getAsBoolean()) {
          if (nanos <= 0) {
            return false;
          }
          nanos = raised.awaitNanos(nanos);
        }
        return true;
      } finally {
        lock.unlock();
        waiting.decrementAndGet();
      }
    }
  }
}
