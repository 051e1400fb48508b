package dev.perennial.cli.demo;

import dev.perennial.Delivery;
import dev.perennial.StreamStats;
import dev.perennial.cli.console.Screen;
import dev.perennial.port.Transport;
import dev.perennial.simulators.tap.TapSimulator;
import dev.perennial.source.tap.TapEvent;
import dev.perennial.transport.netty.NettyTransport;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The Tap demo: consumes a simulated Tap and injects faults until all events are acked. The pulling
 * thread injects each fault after a number of events, so that events are in flight.
 */
final class TapDemo {

  /**
   * @param events the number of events that the simulator creates
   * @param repositories the number of repositories that they are about
   * @param seed determines the events and when each fault comes
   */
  record Settings(int events, int repositories, long seed) {}

  /** Short, so that unacked events come again soon; a Tap waits 60 s by default. */
  private static final Duration RETRY = Duration.ofSeconds(2);

  private static final Duration PING = Duration.ofMillis(500);
  private static final Duration PONG = Duration.ofSeconds(1);

  /** How long to wait for an event before checking whether the demo is done. */
  private static final Duration POLL_TIMEOUT = Duration.ofMillis(100);

  /** After this time without an event, missing events count as lost. */
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** The number of unacked events with which the application crashes, at most. */
  private static final int MAX_IN_FLIGHT = 100;

  private final Settings settings;
  private final HandledEvents handledEvents;
  private final Screen screen;
  private final DemoView view;
  private final DemoSchedule<TapDemoFault> schedule;
  private final StreamTotals totals = new StreamTotals();

  private int received;
  private boolean crashing;

  TapDemo(Settings settings, HandledEvents handledEvents, Screen screen) {
    this.settings = settings;
    this.handledEvents = handledEvents;
    this.screen = screen;
    this.view = new DemoView(screen);
    this.schedule =
        new DemoSchedule<>(List.of(TapDemoFault.values()), settings.events(), settings.seed());
  }

  DemoReport run() throws InterruptedException {
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
                handledEvents,
                new DemoStreamListener(view::show, view::showRecovery))) {
          restart = consume(tap, consumer);
          totals.add(consumer.stats());
        }
      } while (restart);
      screen.clearStatus();
      return TapDemoReport.of(
          tap.ledger(), handledEvents, totals, Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  /**
   * Consumes until the demo is done or the application crashes.
   *
   * @return whether the application crashed, so that it must be started again
   */
  private boolean consume(TapSimulator tap, TapDemoConsumer consumer) throws InterruptedException {
    long lastEvent = System.nanoTime();
    while (true) {
      Optional<Delivery<TapEvent>> delivery = consumer.next(POLL_TIMEOUT);
      if (delivery.isPresent()) {
        lastEvent = System.nanoTime();
        take(delivery.get(), consumer);
      } else if (crashing && consumer.inFlight() > 0) {
        crash(consumer);
        return true;
      } else if (isDone(tap) || System.nanoTime() - lastEvent > TIMEOUT.toNanos()) {
        return false;
      }
      if (crashing && consumer.inFlight() >= Math.min(MAX_IN_FLIGHT, settings.events() / 50)) {
        crash(consumer);
        return true;
      }
      schedule.due(received).ifPresent(fault -> inject(fault, tap));
      if (view.isStatusDue()) {
        StreamStats now = consumer.stats();
        view.showStatus(
            handledEvents.count(),
            now.unacked(),
            totals.reconnects() + now.reconnects(),
            consumer.state());
      }
    }
  }

  private void take(Delivery<TapEvent> delivery, TapDemoConsumer consumer) {
    received++;
    if (crashing) {
      consumer.keep(delivery);
    } else {
      consumer.handle(delivery);
    }
  }

  private void inject(TapDemoFault fault, TapSimulator tap) {
    view.showFault(handledEvents.count(), fault.announcement());
    fault.inject(tap);
    crashing = fault == TapDemoFault.CRASH;
  }

  private void crash(TapDemoConsumer consumer) {
    crashing = false;
    int unacked = consumer.crash().unacked();
    view.show(
        String.format(
            Locale.ROOT,
            "crashed with %,d events unacked; they come again after Tap's retry timeout",
            unacked));
  }

  private boolean isDone(TapSimulator tap) {
    return schedule.isOver() && !crashing && !tap.generating() && tap.acked() >= tap.emitted();
  }
}
