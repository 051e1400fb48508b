package dev.perennial.cli.demo;

import dev.perennial.Delivery;
import dev.perennial.StreamStats;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Screen;
import dev.perennial.port.Transport;
import dev.perennial.port.support.LogText;
import dev.perennial.simulators.tap.TapSimulator;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.source.tap.TapRecord;
import dev.perennial.transport.netty.NettyTransport;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/**
 * The Tap demo: consumes a simulated Tap and injects faults until all events are acked. The
 * handlers inject each fault after a number of events, so that events are in flight.
 */
final class TapDemo {

  /**
   * @param events the number of events that the simulator creates
   * @param repositories the number of repositories that they are about
   * @param seed determines the events, when each fault comes, and when the handler fails
   */
  record Settings(int events, int repositories, long seed) {}

  /** Short, so that unacked events come again soon; a Tap waits 60 s by default. */
  private static final Duration RETRY = Duration.ofSeconds(2);

  private static final Duration PING = Duration.ofMillis(500);
  private static final Duration PONG = Duration.ofSeconds(1);

  private static final long POLL_INTERVAL_NANOS = Duration.ofMillis(5).toNanos();

  /** After this time without an event, missing events count as lost. */
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** The number of unacked events with which the application crashes, at least. */
  private static final int MIN_IN_FLIGHT = 100;

  private final Settings settings;
  private final HandledEvents handledEvents;
  private final DemoDeadLetters deadLetters;
  private final Screen screen;
  private final DemoView view;
  private final UnreliableService service;
  private final StreamTotals totals = new StreamTotals();

  /** Guarded by this, as is the count. */
  private final DemoSchedule<TapDemoFault> schedule;

  private int attempts;

  private volatile boolean crashing;
  private final CountDownLatch crashed = new CountDownLatch(1);

  TapDemo(
      Settings settings, HandledEvents handledEvents, DemoDeadLetters deadLetters, Screen screen) {
    this.settings = settings;
    this.handledEvents = handledEvents;
    this.deadLetters = deadLetters;
    this.screen = screen;
    this.view = new DemoView(screen);
    this.service = new UnreliableService(settings.seed());
    this.schedule =
        new DemoSchedule<>(List.of(TapDemoFault.values()), settings.events(), settings.seed());
  }

  DemoReport run() throws InterruptedException, CommandFailedException {
    long begin = System.nanoTime();
    try (TapSimulator tap =
            TapSimulator.builder().seed(settings.seed()).retryTimeout(RETRY).start();
        Transport transport =
            NettyTransport.builder().pingInterval(PING).pongTimeout(PONG).build()) {
      screen.line(
          String.format(
              Locale.ROOT,
              "A simulated Tap sends %,d events of %,d repositories (seed %d).",
              settings.events(),
              settings.repositories(),
              settings.seed()));
      tap.generate(settings.events(), settings.repositories());
      boolean restart;
      do {
        try (TapDemoConsumer consumer =
            new TapDemoConsumer(
                tap.httpUri().toString(),
                transport,
                delivery -> handle(delivery, tap),
                deadLetters.directory(),
                new DemoStreamListener(view::show, view::showRecovery))) {
          restart = watch(tap, consumer);
          totals.add(consumer.stats());
        }
      } while (restart);
      screen.clearStatus();
      List<String> dead = deadLetters.read(text -> TapEventKeys.of(TapEvent.parse(text)));
      return TapDemoReport.of(
          tap.ledger(),
          new DemoOutcome(handledEvents, dead, totals.handlerFailures()),
          totals,
          Duration.ofNanos(System.nanoTime() - begin),
          deadLetters.hint());
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitStatus.FAILED,
          "Cannot open or close the file of the dead letters: " + LogText.reason(e) + ".",
          e);
    }
  }

  /**
   * Waits until the demo is done or the application crashes.
   *
   * @return whether the application crashed, so that it must be started again
   */
  private boolean watch(TapSimulator tap, TapDemoConsumer consumer)
      throws InterruptedException, CommandFailedException {
    long lastAttempt = System.nanoTime();
    int seen = attempts();
    while (true) {
      consumer.check();
      StreamStats now = consumer.stats();
      if (crashing && now.unacked() >= Math.min(MIN_IN_FLIGHT, settings.events() / 50)) {
        crash(consumer);
        return true;
      }
      if (attempts() != seen) {
        seen = attempts();
        lastAttempt = System.nanoTime();
      } else if (isDone(tap) || System.nanoTime() - lastAttempt > TIMEOUT.toNanos()) {
        return false;
      }
      if (view.isStatusDue()) {
        view.showStatus(
            handledEvents.count(),
            now.unacked(),
            totals.reconnects() + now.reconnects(),
            consumer.state());
      }
      LockSupport.parkNanos(POLL_INTERVAL_NANOS);
    }
  }

  /** The application's handler. Several run at once. */
  private void handle(Delivery<TapEvent> delivery, TapSimulator tap)
      throws IOException, InterruptedException {
    injectIfDue(tap);
    TapEvent event = delivery.event();
    Optional<String> key = TapEventKeys.of(event);
    if (key.isPresent()) {
      if (event instanceof TapRecord record) {
        record.record().map(TapDemo::createdAt).ifPresent(Instant::parse);
      }
      service.call(key.get(), delivery.attempt());
      handledEvents.add(key.get());
    }
    if (crashing) {
      // The event is handled, but its ack is lost.
      crashed.await();
    }
  }

  private static String createdAt(JsonNode record) {
    return record.path("createdAt").asString();
  }

  private synchronized void injectIfDue(TapSimulator tap) {
    attempts++;
    Optional<TapDemoFault> due = schedule.due(attempts);
    if (due.isPresent()) {
      TapDemoFault fault = due.get();
      view.showFault(handledEvents.count(), fault.announcement());
      fault.inject(tap);
      crashing = fault == TapDemoFault.CRASH;
    }
  }

  private synchronized int attempts() {
    return attempts;
  }

  private void crash(TapDemoConsumer consumer) {
    int unacked = consumer.crash().unacked();
    crashing = false;
    crashed.countDown();
    view.show(
        String.format(
            Locale.ROOT,
            "crashed with %,d events unacked; they come again after Tap's retry timeout",
            unacked));
  }

  private synchronized boolean isDone(TapSimulator tap) {
    return schedule.isOver() && !crashing && !tap.generating() && tap.acked() >= tap.emitted();
  }
}
