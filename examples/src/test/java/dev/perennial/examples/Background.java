package dev.perennial.examples;

import dev.perennial.cli.Program;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Something that runs in a thread of its own. */
public final class Background {

  /** What runs. */
  public interface Body {
    void run() throws Exception;
  }

  private final CompletableFuture<Void> end = new CompletableFuture<>();

  private Background() {}

  /** Starts a thread. */
  public static Background run(Body body) {
    Background background = new Background();
    Thread thread =
        new Thread(() -> {
          try {
            body.run();
            background.end.complete(null);
          } catch (Throwable e) {
            background.end.completeExceptionally(e);
          }
        });
    thread.setDaemon(true);
    thread.start();
    return background;
  }

  /** Waits until it has ended, and throws what it threw. */
  public void join() throws Exception {
    end.get(Program.DEADLINE.toSeconds(), TimeUnit.SECONDS);
  }
}
