package dev.perennial.internal.checkpoint;

import dev.perennial.internal.stream.BackgroundThread;
import dev.perennial.port.StreamRuntime;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the jobs that call a stream's checkpoint store, one at a time, on threads of the runtime.
 * Asking for a job only marks it, so a job for which there was no thread runs when any job is asked
 * for again. Safe for use from any thread.
 */
public final class SerialExecutor {

  /** Something that calls the store. However often it is asked for before it runs, it runs once. */
  public final class Job {
    private final Runnable task;
    private final AtomicBoolean wanted = new AtomicBoolean();

    private Job(Runnable task) {
      this.task = task;
    }

    /** Returns whether it was asked for and has not begun. */
    public boolean isWanted() {
      return wanted.get();
    }

    /** Asks for it to be run soon. Throws nothing. */
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

  /** Made once: once the executor is busy, nothing may fail before its work begins. */
  private final Runnable work;

  /**
   * @param threadName the name of a thread while it works for this executor
   * @param failed receives why there was no thread, or what a job threw
   */
  public SerialExecutor(String threadName, StreamRuntime runtime, Consumer<Throwable> failed) {
    this.runtime = runtime;
    this.failed = failed;
    Runnable drain = this::drain;
    this.work = () -> BackgroundThread.named(threadName, drain);
  }

  /** Adds a job. Of the jobs that wait, the one that was added first runs first. */
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
      // Whoever asked just now may have found the executor busy.
    } while (next() != null && busy.compareAndSet(false, true));
  }

  private @Nullable Job next() {
    // By index, because an iterator takes memory, and an error here would leave the executor busy.
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
      // Not even that can be reported now.
    }
  }
}
