package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.demo.ConsumerMessage.EventHandled;
import dev.perennial.cli.demo.ConsumerMessage.HandlerFailed;
import dev.perennial.cli.demo.ConsumerMessage.Remark;
import dev.perennial.cli.demo.ConsumerMessage.StateChanged;
import dev.perennial.cli.demo.ConsumerMessage.Stats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of the MongoDB demo, each a process: the active one and, after its restart, a
 * standby. Used only by the demo's thread; messages of the processes arrive on threads of their
 * own.
 */
final class ConsumerProcesses implements AutoCloseable {

  /** How long to wait for a process to reach a state. Long, because machines may be busy. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static final long POLL_INTERVAL_NANOS = Duration.ofMillis(20).toNanos();

  private final Class<?> main;
  private final Path deadLetters;
  private final String[] arguments;
  private final HandledEvents handledEvents;
  private final MongoTotals totals;
  private final DemoView view;

  private @Nullable ConsumerProcess active;
  private @Nullable ConsumerProcess standby;
  private int launched;
  private boolean restarted;
  private volatile long killedAt;

  /**
   * @param main the main class of each process
   * @param deadLetters the directory in which each process gets one for its dead letters, because
   *     only one process at a time can write in a directory
   * @param arguments its other arguments
   */
  ConsumerProcesses(
      Class<?> main,
      HandledEvents handledEvents,
      MongoTotals totals,
      DemoView view,
      Path deadLetters,
      String... arguments) {
    this.main = main;
    this.handledEvents = handledEvents;
    this.totals = totals;
    this.view = view;
    this.deadLetters = deadLetters;
    this.arguments = arguments;
  }

  /** Starts the first process, and waits until it is connected. */
  void start() throws CommandFailedException {
    active = launch();
    await("connected", () -> state() == StreamState.LIVE);
  }

  /** Stops the active process and starts another one, without waiting for its connection. */
  void restart() throws InterruptedException, CommandFailedException {
    stopActive();
    active = launch();
    restarted = true;
  }

  /** Checks that the active process runs, and starts the standby once the restarted one is live. */
  void check() throws CommandFailedException {
    if (active == null || !active.isAlive()) {
      throw new CommandFailedException(
          ExitStatus.FAILED, "the demo's consumer process ended by itself.", null);
    }
    // Not earlier, because the standby could claim the checkpoint first.
    if (restarted && standby == null && killedAt == 0 && state() == StreamState.LIVE) {
      standby = launch();
    }
  }

  /** Waits until the standby waits for the claim. */
  void awaitStandby() throws CommandFailedException {
    await(
        "standing by",
        () -> {
          ConsumerProcess second = standby;
          return second != null && second.state() == StreamState.CLAIMING;
        });
  }

  /** Kills the active process. The standby becomes the active one. */
  void kill() throws InterruptedException {
    ConsumerProcess killed = active;
    if (killed == null) {
      return;
    }
    killedAt = System.nanoTime();
    killed.kill();
    totals.add(killed.stats());
    view.show("process " + killed.pid() + " was killed");
    active = standby;
    standby = null;
  }

  /** Stops the active process. */
  void stop() throws InterruptedException, CommandFailedException {
    stopActive();
    active = null;
  }

  StreamState state() {
    return active == null ? StreamState.CLOSED : active.state();
  }

  Stats stats() {
    return active == null ? Stats.NONE : active.stats();
  }

  @Override
  public void close() {
    if (active != null) {
      active.close();
    }
    if (standby != null) {
      standby.close();
    }
  }

  private void stopActive() throws InterruptedException, CommandFailedException {
    if (active == null) {
      return;
    }
    if (!active.stop()) {
      throw new CommandFailedException(
          ExitStatus.FAILED, "the demo's consumer process did not stop cleanly.", null);
    }
    totals.add(active.stats());
  }

  private ConsumerProcess launch() throws CommandFailedException {
    launched++;
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add(deadLetters.resolve("consumer-" + launched).toString());
    try {
      return new ConsumerProcess(main, this::onMessage, all.toArray(String[]::new));
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitStatus.FAILED, "Cannot start the demo's consumer process: " + e.getMessage(), e);
    }
  }

  /** Called by the thread that reads the process's output. */
  private void onMessage(ConsumerMessage message) {
    if (message instanceof EventHandled handled) {
      handledEvents.add(handled.key());
    } else if (message instanceof HandlerFailed) {
      totals.handlerFailed();
    } else if (message instanceof Remark remark) {
      if (remark.recovery()) {
        view.showRecovery(remark.text());
      } else {
        view.show(remark.text());
      }
    } else if (message instanceof StateChanged changed && changed.state() == StreamState.LIVE) {
      connected();
    }
  }

  private void connected() {
    if (killedAt != 0 && totals.takeover().isZero()) {
      Duration after = Duration.ofNanos(System.nanoTime() - killedAt);
      totals.tookOver(after);
      view.showRecovery(
          String.format(Locale.ROOT, "the standby took over after %,d ms", after.toMillis()));
    }
  }

  private void await(String what, BooleanSupplier condition) throws CommandFailedException {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean()) {
      check();
      if (System.nanoTime() - begin > TIMEOUT.toNanos()) {
        throw new CommandFailedException(
            ExitStatus.FAILED,
            "the demo's consumer process was not "
                + what
                + " within "
                + TIMEOUT.toSeconds()
                + " s.",
            null);
      }
      LockSupport.parkNanos(POLL_INTERVAL_NANOS);
    }
  }
}
