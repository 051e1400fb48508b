package dev.perennial.source.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * What goes on beside a case, in a thread of its own. It is over before the case is, however that
 * ends: otherwise it would meddle with the next one.
 */
final class BackgroundThread implements AutoCloseable {

  /** An election is waited out, whoever interrupts. */
  private static final Duration END = Duration.ofMinutes(2);

  interface Task {
    void run() throws Exception;
  }

  private final Thread thread;
  private volatile @Nullable Throwable failure;

  BackgroundThread(Task task) {
    thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Throwable e) {
                failure = e;
              }
            },
            "beside the case");
    thread.setDaemon(true);
    thread.start();
  }

  boolean isRunning() {
    return thread.isAlive();
  }

  boolean hasFailed() {
    return failure != null;
  }

  /** Waits for its end, which has to be a good one. */
  void join() throws InterruptedException {
    thread.join(Pull.PATIENCE.toMillis());
    assertThat(thread.isAlive()).as("what goes on beside the case has not ended").isFalse();
    Throwable why = failure;
    if (why instanceof TestAbortedException aborted) {
      throw aborted;
    }
    if (why != null) {
      throw new AssertionError("what went on beside the case failed", why);
    }
  }

  /** Ends it. */
  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join(END.toMillis());
    if (thread.isAlive()) {
      throw new IllegalStateException("what goes on beside the case does not end");
    }
  }
}
