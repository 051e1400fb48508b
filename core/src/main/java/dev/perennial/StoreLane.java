package dev.perennial;

import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs what touches a stream's checkpoint store, one thing at a time, off the application's
 * threads. What it can run is known from the beginning, as jobs; asking for one only marks it, so a
 * job that no thread could be had for runs as soon as any job is asked for again, or a little later
 * if a timer can be had for that.
 */
final class StoreLane {

  /**
   * Something that touches the store. However often it is asked for before it runs, it runs once.
   */
  final class Job {
    private final Runnable task;
    private final AtomicBoolean wanted = new AtomicBoolean();

    private Job(Runnable task) {
      this.task = task;
    }

    /** Whether it was asked for and has not begun. */
    boolean isWanted() {
      return wanted.get();
    }

    /** Asks for it to be run soon. Any thread; throws nothing. */
    void ask() {
      wanted.set(true);
      start();
    }

    private void runIfWanted() {
      if (wanted.getAndSet(false)) {
        try {
          task.run();
        } catch (Throwable e) {
          tell(e);
        }
      }
    }
  }

  /** Short enough for whoever waits for a save or a claim, long enough not to add to the need. */
  private static final Duration ASK_AGAIN = Duration.ofMillis(250);

  private final StreamRuntime runtime;
  private final Consumer<Throwable> failed;
  private final List<Job> jobs = new CopyOnWriteArrayList<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile @Nullable Thread thread;

  /** Made once: once the lane is busy, nothing may fail before its work begins. */
  private final Runnable work;

  /** Set while no thread could be had. */
  private final Alarm again;

  private final Runnable startAgain = this::startIfWanted;

  /**
   * @param threadName of a thread while it works for this lane
   * @param failed told why no thread could be had, or what a job threw
   */
  StoreLane(String threadName, StreamRuntime runtime, Consumer<Throwable> failed) {
    this.runtime = runtime;
    this.failed = failed;
    Runnable drain = this::drain;
    this.work = () -> OwnThread.named(threadName, drain);
    this.again = new Alarm(runtime);
  }

  /** Adds a job. Of those that wait, the one that was added first runs first. */
  Job job(Runnable task) {
    Job job = new Job(task);
    jobs.add(job);
    return job;
  }

  /** Whether the caller is a job of this lane, which must not wait for another. */
  boolean isCurrentThread() {
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
      tell(e);
      askAgain();
      return;
    }
    again.cancel();
  }

  private void startIfWanted() {
    if (next() != null) {
      start();
    }
  }

  private void askAgain() {
    try {
      again.set(ASK_AGAIN, startAgain);
    } catch (Throwable e) {
      // Then it waits until somebody asks.
    }
  }

  private void drain() {
    do {
      thread = Thread.currentThread();
      for (Job next = next(); next != null; next = next()) {
        next.runIfWanted();
      }
      thread = null;
      busy.set(false);
      // Whoever asked just now may have found the lane busy.
    } while (next() != null && busy.compareAndSet(false, true));
  }

  private @Nullable Job next() {
    // By index, because an iterator takes memory, and an error here would leave the lane busy.
    for (int i = 0; i < jobs.size(); i++) {
      Job job = jobs.get(i);
      if (job.isWanted()) {
        return job;
      }
    }
    return null;
  }

  private void tell(Throwable error) {
    try {
      failed.accept(error);
    } catch (Throwable e) {
      // Not even that can be told now.
    }
  }
}
