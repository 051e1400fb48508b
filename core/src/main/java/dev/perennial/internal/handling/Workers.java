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

  private final Map<Thread, Worker> threads = new ConcurrentHashMap<>();
  private final AtomicInteger running = new AtomicInteger();

  /** How many of the running threads close the stream, so that nothing may wait for them. */
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
      if (release() > 0) {
        // The threads that run do it.
        return;
      }
      throw e;
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
    return running.get() == 0 && !turns.isWaiting();
  }

  /** Waits until no handler runs but those that close the stream. */
  void awaitOthers() {
    await(() -> running.get() == closing.get());
  }

  /** Waits until no handler runs. */
  void awaitAll() {
    await(() -> running.get() == 0);
  }

  private void await(BooleanSupplier condition) {
    UninterruptibleWait.await(context.signal(), condition, Deadline.never(context.runtime()));
  }

  private boolean acquire() {
    int now;
    do {
      now = running.get();
      if (now >= most) {
        return false;
      }
    } while (!running.compareAndSet(now, now + 1));
    return true;
  }

  private int release() {
    int left = running.decrementAndGet();
    context.signal().raise();
    return left;
  }

  private void work() {
    BackgroundThread.named("perennial-handler-" + context.options().name(), this::runTurns);
  }

  private void runTurns() {
    Worker me = new Worker();
    if (threads.putIfAbsent(Thread.currentThread(), me) != null) {
      // The executor ran this on a thread that is in a turn already, and will continue.
      release();
      return;
    }
    RunningHandlers.Slot slot = handlers.add();
    try {
      do {
        while (runTurn(slot)) {}
      } while (isNeededAgain(me));
    } finally {
      handlers.remove(slot);
      threads.remove(Thread.currentThread());
    }
  }

  private boolean runTurn(RunningHandlers.Slot slot) {
    try {
      return turns.runNext(slot, this::startQuietly);
    } catch (InterruptedException e) {
      // The event comes again; the interrupt was the handler's.
    } catch (Throwable e) {
      failed.accept(e);
    } finally {
      // An interrupt that the handler left must not reach the next event.
      Thread.interrupted();
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

  /** Gives the place of this thread back. Returns whether it has taken it again. */
  private boolean isNeededAgain(Worker me) {
    if (me.closes) {
      me.closes = false;
      closing.decrementAndGet();
    }
    release();
    // Something may have been added after the last look and before the place was free.
    return turns.isWaiting() && acquire();
  }
}
