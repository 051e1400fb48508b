package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Failure;
import dev.perennial.cli.demo.ConsumerMessage.Changed;
import dev.perennial.cli.demo.ConsumerMessage.Figures;
import dev.perennial.cli.demo.ConsumerMessage.Handled;
import dev.perennial.cli.demo.ConsumerMessage.Said;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The applications of the demo on a scripted replica set: the active one and, once that was
 * restarted, a standby. Used by one thread.
 */
final class Applications implements AutoCloseable {

  /** How long to wait for what must come, on a machine however busy. */
  private static final Duration GIVE_UP = Duration.ofSeconds(60);

  private static final long GLANCE = Duration.ofMillis(20).toNanos();

  private final Class<?> main;
  private final String[] addresses;
  private final Tally tally;
  private final MongoTotals totals;
  private final DemoView view;

  private @Nullable ConsumerProcess active;
  private @Nullable ConsumerProcess standby;
  private boolean restarted;
  private volatile long killedAt;

  /**
   * @param main their main class
   * @param addresses its arguments
   */
  Applications(Class<?> main, Tally tally, MongoTotals totals, DemoView view, String... addresses) {
    this.main = main;
    this.tally = tally;
    this.totals = totals;
    this.view = view;
    this.addresses = addresses;
  }

  /** Starts the first one, and waits until it is connected. */
  void start() throws Failure {
    active = launch();
    await("connected", () -> state() == StreamState.LIVE);
  }

  /** Stops the active one in good order and starts another one, without waiting for it. */
  void restart() throws InterruptedException, Failure {
    stopActive();
    active = launch();
    restarted = true;
  }

  /** Sees whether the active one lives, and starts the standby when it is time. */
  void check() throws Failure {
    if (active == null || !active.isAlive()) {
      throw new Failure(ExitStatus.FAILED, "the demo's application died of itself", null);
    }
    // Not before, or the standby would be the active one.
    if (restarted && standby == null && killedAt == 0 && state() == StreamState.LIVE) {
      standby = launch();
    }
  }

  /** Waits until a standby waits. */
  void awaitStandby() throws Failure {
    await(
        "standing by",
        () -> {
          ConsumerProcess second = standby;
          return second != null && second.state() == StreamState.CLAIMING;
        });
  }

  /** Kills the active one: the standby is the active one from now on. */
  void kill() throws InterruptedException {
    ConsumerProcess killed = active;
    if (killed == null) {
      return;
    }
    killedAt = System.nanoTime();
    killed.kill();
    totals.add(killed.figures());
    view.say("process " + killed.pid() + " is dead");
    active = standby;
    standby = null;
  }

  /** Stops the active one in good order. */
  void stop() throws InterruptedException, Failure {
    stopActive();
    active = null;
  }

  StreamState state() {
    return active == null ? StreamState.CLOSED : active.state();
  }

  Figures figures() {
    return active == null ? Figures.NONE : active.figures();
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

  private void stopActive() throws InterruptedException, Failure {
    if (active == null) {
      return;
    }
    if (!active.stop()) {
      throw new Failure(ExitStatus.FAILED, "the demo's application did not end in order", null);
    }
    totals.add(active.figures());
  }

  private ConsumerProcess launch() throws Failure {
    try {
      return new ConsumerProcess(main, this::hear, addresses);
    } catch (IOException e) {
      throw new Failure(
          ExitStatus.FAILED, "the demo's application cannot be started: " + e.getMessage(), e);
    }
  }

  /** On the thread that reads what the application says. */
  private void hear(ConsumerMessage message) {
    if (message instanceof Handled handled) {
      tally.handled(handled.key());
    } else if (message instanceof Said said) {
      if (said.good()) {
        view.sayGood(said.text());
      } else {
        view.say(said.text());
      }
    } else if (message instanceof Changed changed && changed.state() == StreamState.LIVE) {
      connected();
    }
  }

  private void connected() {
    if (killedAt != 0 && totals.takeover().isZero()) {
      Duration after = Duration.ofNanos(System.nanoTime() - killedAt);
      totals.tookOver(after);
      view.sayGood(
          String.format(Locale.ROOT, "the standby took over, %,d ms later", after.toMillis()));
    }
  }

  private void await(String what, BooleanSupplier condition) throws Failure {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean()) {
      check();
      if (System.nanoTime() - begin > GIVE_UP.toNanos()) {
        throw new Failure(
            ExitStatus.FAILED,
            "the demo's application was not " + what + " within " + GIVE_UP.toSeconds() + " s",
            null);
      }
      LockSupport.parkNanos(GLANCE);
    }
  }
}
