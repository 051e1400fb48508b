package dev.perennial.internal.handling;

import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.UninterruptibleWait;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The threads that run handlers in one call of {@code consume}, up to a number. A thread runs as
 * long as there is something to run.
 */
final class Workers {

  /** A thread that runs handlers. Used only by that thread. */
  private static final class Worker {
    private boolean closes;
  }

  private final StreamContext context;
  private final Turns<?> turns;
  private final RunningHandlers handlers;
  private final Executor executor;
  private final int most;

  /** Called with what a turn has thrown, which is no error of the handler. */
  private final Consumer<Throwable> failed;

  /** The thread that pulls, which an executor may run handlers on as well. */
  private final Thread puller = Thread.currentThread();

  /** How many tasks the executor has got that have not ended. */
  private final AtomicInteger places = new AtomicInteger();

  /** The threads that run handlers. Only for these anything waits: the executor may keep tasks. */
  private final Map<Thread, Worker> threads = new ConcurrentHashMap<>();

  /** How many of the threads close the stream, so that nothing may wait for them. */
  private final AtomicInteger closing = new AtomicInteger();

  Workers(
      StreamContext context,
      Turns<?> turns,
      RunningHandlers handlers,
      Executor executor,
      int most,
      Consumer<Throwable> failed) {
    this.context = context;
    this.turns = turns;
    this.handlers = handlers;
    this.executor = executor;
    this.most = most;
    this.failed = failed;
  }

  /**
   * Starts a thread if there is something to run and the number allows it. Throws what the executor
   * throws if no thread runs then.
   */
  void start() {
    if (!turns.isWaiting() || !acquire()) {
      return;
    }
    try {
      executor.execute(this::work);
    } catch (Throwable e) {
      places.decrementAndGet();
      if (threads.isEmpty()) {
        throw e;
      }
      // The threads that run do it.
    }
  }

  /**
   * Notes that a handler closes the stream, if the caller is one of these threads. From then on
   * nothing that closing waits for waits for this thread.
   */
  void closing() {
    Worker me = threads.get(Thread.currentThread());
    if (me != null && !me.closes) {
      me.closes = true;
      closing.incrementAndGet();
      context.signal().raise();
    }
  }

  /** Returns whether no thread runs and nothing is there to run. */
  boolean isIdle() {
    // A thread that took the last task is seen, and so is what it has added before it ended.
    return !turns.isWaiting() && threads.isEmpty() && !turns.isWaiting();
  }

  /** Waits until no handler runs but those that close the stream. */
  void awaitOthers() {
    await(() -> threads.size() == closing.get());
  }

  /** Waits until no handler runs. */
  void awaitAll() {
    await(threads::isEmpty);
  }

  private void await(BooleanSupplier condition) {
    UninterruptibleWait.await(context.signal(), condition, Deadline.never(context.runtime()));
  }

  private boolean acquire() {
    int now;
    do {
      now = places.get();
      if (now >= most) {
        return false;
      }
    } while (!places.compareAndSet(now, now + 1));
    return true;
  }

  /** Runs turns as a task of the executor, in a place that was acquired. */
  private void work() {
    if (threads.containsKey(Thread.currentThread())) {
      // The executor runs this on a thread that is in a turn already, and will continue.
      places.decrementAndGet();
      return;
    }
    boolean isPlaced = true;
    try {
      while (isPlaced) {
        BackgroundThread.named("perennial-handler-" + context.options().name(), this::runTurns);
        places.decrementAndGet();
        isPlaced = false;
        // Something may have been added after the last look and before the place was free.
        isPlaced = turns.isWaiting() && acquire();
      }
    } catch (Throwable e) {
      failed.accept(e);
    } finally {
      if (isPlaced) {
        places.decrementAndGet();
      }
    }
  }

  private void runTurns() {
    Worker me = new Worker();
    RunningHandlers.Slot slot = new RunningHandlers.Slot();
    try {
      threads.put(Thread.currentThread(), me);
      handlers.add(slot);
      while (runTurn(slot)) {}
    } finally {
      handlers.remove(slot);
      if (me.closes) {
        closing.decrementAndGet();
      }
      threads.remove(Thread.currentThread());
      context.signal().raise();
    }
  }

  private boolean runTurn(RunningHandlers.Slot slot) {
    try {
      return turns.runNext(slot, this::startQuietly);
    } catch (InterruptedException e) {
      // The event comes again. The interrupt was the handler's, unless the caller runs it.
      if (Thread.currentThread().equals(puller)) {
        Thread.currentThread().interrupt();
        return false;
      }
    } catch (Throwable e) {
      failed.accept(e);
    } finally {
      // An interrupt that the handler left must not reach the next event.
      if (!Thread.currentThread().equals(puller)) {
        Thread.interrupted();
      }
    }
    return true;
  }

  private void startQuietly() {
    try {
      start();
    } catch (Throwable e) {
      // This thread continues.
    }
  }
}
