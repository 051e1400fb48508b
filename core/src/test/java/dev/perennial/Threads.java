package dev.perennial;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Real threads for a test, which fails if one of them does, or if they take for ever. */
public final class Threads implements AutoCloseable {

  /** Only ever reached when something hangs. */
  private static final long DEADLINE_SECONDS = 60;

  /** What a thread does. */
  @FunctionalInterface
  public interface Work {
    /** Does it. */
    void run() throws Exception;
  }

  private final ExecutorService pool =
      Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "test-thread");
        thread.setDaemon(true);
        return thread;
      });
  private final List<Future<?>> running = new ArrayList<>();

  /** Runs something in a thread of its own. */
  public <T> Future<T> call(Callable<T> work) {
    Future<T> future = pool.submit(work);
    running.add(future);
    return future;
  }

  /** Runs something in a thread of its own. */
  public Future<?> run(Work work) {
    return call(() -> {
      work.run();
      return null;
    });
  }

  /** Waits for a thread, and throws what it threw. */
  public static <T> T join(Future<T> future) throws Exception {
    try {
      return future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e;
    } catch (TimeoutException e) {
      throw new AssertionError("a thread of the test hangs", e);
    }
  }

  /** Waits for all threads, and throws what the first of them threw. */
  public void join() throws Exception {
    for (Future<?> future : running) {
      join(future);
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
