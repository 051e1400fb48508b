package dev.perennial.internal.checkpoint;

import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.port.StreamRuntime;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs jobs of one stream, such as the calls of its checkpoint store, one at a time, on threads of
 * the runtime. A request only marks the job, so a job for which there was no thread runs at the
 * next request of any job. Safe for use from any thread.
 */
public final class SerialExecutor {

  /** A job. However often it is requested before it runs, it runs once. */
  public final class Job {
    private final Runnable task;
    private final AtomicBoolean wanted = new AtomicBoolean();

    private Job(Runnable task) {
      this.task = task;
    }

    /** Returns whether the job was requested and has not begun. */
    public boolean isWanted() {
      return wanted.get();
    }

    /** Requests that the job runs soon. Throws nothing. */
    public void ask() {
      wanted.set(true);
      start();
    }

    private void run() {
      wanted.set(false);
      try {
        task.run();
      } catch (Throwable e) {
        report(e);
      }
    }
  }

  private final StreamRuntime runtime;
  private final Consumer<Throwable> failed;
  private final List<Job> jobs = new CopyOnWriteArrayList<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile @Nullable Thread thread;

  /** Made once: when the executor is busy, nothing may fail before its work begins. */
  private final Runnable work;

  /**
   * Makes an executor without jobs.
   *
   * @param threadName the name of a thread while it works for this executor
   * @param failed receives why there was no thread, or what a job threw
   */
  public SerialExecutor(String threadName, StreamRuntime runtime, Consumer<Throwable> failed) {
    this.runtime = runtime;
    this.failed = failed;
    Runnable drain = this::drain;
    this.work = () -> BackgroundThread.named(threadName, drain);
  }

  /** Adds a job. If several jobs wait, the one that was added first runs first. */
  public Job job(Runnable task) {
    Job job = new Job(task);
    jobs.add(job);
    return job;
  }

  /** Returns whether the caller is a job of this executor, which must not wait for another. */
  public boolean isCurrentThread() {
    return thread == Thread.currentThread();
  }

  private void start() {
    if (!busy.compareAndSet(false, true)) {
      return;
    }
    try {
      runtime.execute(work);
    } catch (Throwable e) {
      busy.set(false);
      report(e);
    }
  }

  private void drain() {
    do {
      thread = Thread.currentThread();
      for (Job next = next(); next != null; next = next()) {
        next.run();
      }
      thread = null;
      busy.set(false);
      // A request made just now may have found the executor busy.
    } while (next() != null && busy.compareAndSet(false, true));
  }

  private @Nullable Job next() {
    // By index: an iterator needs memory, and an error here would leave the executor busy forever.
    for (int i = 0; i < jobs.size(); i++) {
      Job job = jobs.get(i);
      if (job.isWanted()) {
        return job;
      }
    }
    return null;
  }

  private void report(Throwable error) {
    try {
      failed.accept(error);
    } catch (Throwable e) {
      // Without memory not even that can be reported.
    }
  }
}
