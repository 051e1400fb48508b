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
 * Consumes a simulated Tap while everything goes wrong, until all of its events are acked. What
 * goes wrong is brought about by the thread that pulls, after a number of events, so that there is
 * always something under way.
 */
final class TapDemo {

  /**
   * @param events how many events the simulator makes
   * @param repositories over how many repositories
   * @param seed what they are made from
   */
  record Settings(int events, int repositories, long seed) {}

  /** Short, so that what was not acked comes again soon: a Tap waits for 60 s. */
  private static final Duration RETRY = Duration.ofSeconds(2);

  private static final Duration PING = Duration.ofMillis(500);
  private static final Duration PONG = Duration.ofSeconds(1);

  /** How long to wait for an event before looking whether all is done. */
  private static final Duration PATIENCE = Duration.ofMillis(100);

  /** After so long without an event, what has not come counts as lost. */
  private static final Duration GIVE_UP = Duration.ofSeconds(30);

  /** With how many events in hand the application dies, at most. */
  private static final int MOST_IN_HAND = 100;

  private final Settings settings;
  private final Tally tally;
  private final Screen screen;
  private final DemoView view;
  private final DemoSchedule<TapDemoFault> schedule;
  private final StreamTotals totals = new StreamTotals();

  private int taken;
  private boolean dying;

  TapDemo(Settings settings, Tally tally, Screen screen) {
    this.settings = settings;
    this.tally = tally;
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
      boolean more;
      do {
        try (TapDemoConsumer consumer =
            new TapDemoConsumer(
                tap.httpUri().toString(),
                transport,
                tally,
                new StreamNotes(view::say, view::sayGood))) {
          more = consume(tap, consumer);
          totals.add(consumer.stats());
        }
      } while (more);
      screen.endLive();
      return TapDemoReport.of(
          tap.ledger(), tally, totals, Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  /** Consumes until all is done, or the application dies; says whether it must start anew. */
  private boolean consume(TapSimulator tap, TapDemoConsumer consumer) throws InterruptedException {
    long lastEvent = System.nanoTime();
    while (true) {
      Optional<Delivery<TapEvent>> delivery = consumer.next(PATIENCE);
      if (delivery.isPresent()) {
        lastEvent = System.nanoTime();
        take(delivery.get(), consumer);
      } else if (dying && consumer.inHand() > 0) {
        die(consumer);
        return true;
      } else if (isDone(tap) || System.nanoTime() - lastEvent > GIVE_UP.toNanos()) {
        return false;
      }
      if (dying && consumer.inHand() >= Math.min(MOST_IN_HAND, settings.events() / 50)) {
        die(consumer);
        return true;
      }
      schedule.due(taken).ifPresent(fault -> strike(fault, tap));
      if (view.wantsFigures()) {
        StreamStats now = consumer.stats();
        view.show(
            tally.count(), now.unacked(), totals.reconnects() + now.reconnects(), consumer.state());
      }
    }
  }

  private void take(Delivery<TapEvent> delivery, TapDemoConsumer consumer) {
    taken++;
    if (dying) {
      consumer.keep(delivery);
    } else {
      consumer.handle(delivery);
    }
  }

  private void strike(TapDemoFault fault, TapSimulator tap) {
    view.announce(tally.count(), fault.announcement());
    fault.strike(tap);
    dying = fault == TapDemoFault.CRASH;
  }

  private void die(TapDemoConsumer consumer) {
    dying = false;
    int unacked = consumer.crash().unacked();
    view.say(
        String.format(
            Locale.ROOT,
            "died with %,d unacked; they come again when Tap's retry is due",
            unacked));
  }

  private boolean isDone(TapSimulator tap) {
    return schedule.isOver() && !dying && !tap.generating() && tap.acked() >= tap.emitted();
  }
}
