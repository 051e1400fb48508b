package dev.perennial.examples.cli;

import dev.perennial.examples.cli.Screen.Style;
import dev.perennial.simulators.tap.Ledger;
import java.time.Duration;
import java.util.Locale;

/**
 * What came of the demo.
 *
 * @param sent how many events the simulator's ledger has
 * @param lost how many of those the application never handled
 * @param unacked how many of those were never acked
 * @param again how many times an event was handled that had been handled before
 * @param totals the streams' figures
 * @param took how long it took
 */
record DemoReport(int sent, int lost, int unacked, long again, DemoTotals totals, Duration took) {

  static DemoReport of(Ledger ledger, Tally tally, DemoTotals totals, Duration took) {
    return new DemoReport(
        ledger.entries().size(),
        ledger.lost(tally.keys()).size(),
        ledger.unackedKeys().size(),
        tally.again(),
        totals,
        took);
  }

  /** Whether every event was handled, and acked too. */
  boolean isClean() {
    return lost == 0 && unacked == 0;
  }

  void print(Screen screen) {
    screen.line("");
    row(screen, "sent by the server", sent, "");
    row(
        screen,
        "received",
        totals.received(),
        "what Tap sent anew to the new application included");
    row(screen, "acked", totals.acked(), "");
    row(screen, "reconnects", totals.reconnects(), "");
    row(
        screen,
        "redeliveries dropped",
        totals.redeliveriesDropped(),
        "came again, not handed out again");
    row(screen, "malformed", totals.malformed(), "handed out as such");
    row(screen, "handled again", again, "acks that died with the application");
    if (unacked > 0) {
      row(screen, "never acked", unacked, "");
    }
    screen.line("");
    String verdict = String.format(Locale.ROOT, "lost: %,d", lost);
    screen.line(
        screen.styled(Style.BOLD, screen.styled(isClean() ? Style.GREEN : Style.RED, verdict))
            + String.format(Locale.ROOT, " of %,d events, in %.1f s", sent, took.toMillis() / 1e3));
    screen.line("");
    screen.line("Next: ./perennial tail tap ws://localhost:2480   the events of a real Tap");
    screen.line("      ./perennial demo --seed 2 --events 1000000");
    screen.line("      README.md                                  ten lines of Java to start from");
  }

  private static void row(Screen screen, String name, long count, String remark) {
    String line = String.format(Locale.ROOT, "  %-22s %,11d   ", name, count);
    screen.line((line + screen.styled(Style.DIM, remark)).stripTrailing());
  }
}
