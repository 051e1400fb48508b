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

/** Real threads for tests. {@code join} throws if a thread fails or hangs. */
public final class Threads implements AutoCloseable {

  /** Long enough that only a thread that hangs reaches it. */
  private static final long DEADLINE_SECONDS = 60;

  /** The code of a thread. */
  @FunctionalInterface
  public interface Work {
    void run() throws Exception;
  }

  private final ExecutorService pool =
      Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "test-thread");
        thread.setDaemon(true);
        return thread;
      });
  private final List<Future<?>> running = new ArrayList<>();

  /** Calls the code in a new thread. */
  public <T> Future<T> call(Callable<T> work) {
    Future<T> future = pool.submit(work);
    running.add(future);
    return future;
  }

  /** Runs the code in a new thread. */
  public Future<?> run(Work work) {
    return call(() -> {
      work.run();
      return null;
    });
  }

  /** Waits for a thread. Throws its error if it failed. */
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

  /** Waits for all threads. Throws the error of the first one that failed. */
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
