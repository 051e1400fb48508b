package dev.perennial.examples;

import dev.perennial.cli.ChildProcess;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A task that runs in a thread of its own. */
public final class BackgroundTask {

  /** Code that may throw. */
  public interface Task {
    void run() throws Exception;
  }

  private final CompletableFuture<Void> end = new CompletableFuture<>();

  private BackgroundTask() {}

  /** Starts a thread. */
  public static BackgroundTask run(Task task) {
    BackgroundTask background = new BackgroundTask();
    Thread thread =
        new Thread(() -> {
          try {
            task.run();
            background.end.complete(null);
          } catch (Throwable e) {
            background.end.completeExceptionally(e);
          }
        });
    thread.setDaemon(true);
    thread.start();
    return background;
  }

  /** Waits for the end of the task, and throws its exception if it failed. */
  public void join() throws Exception {
    end.get(ChildProcess.DEADLINE.toSeconds(), TimeUnit.SECONDS);
  }
}
