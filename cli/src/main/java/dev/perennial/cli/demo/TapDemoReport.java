package dev.perennial.cli.demo;

import dev.perennial.cli.demo.DemoReport.Hint;
import dev.perennial.cli.demo.DemoReport.Row;
import dev.perennial.simulators.tap.Ledger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Creates the report of the Tap demo. */
final class TapDemoReport {

  private static final List<Hint> NEXT =
      List.of(
          new Hint("./perennial tail tap ws://localhost:2480", "print the events of a real Tap"),
          new Hint("./perennial demo mongo", "the demo of MongoDB, with a standby"),
          new Hint("./perennial demo --seed 2 --events 500000", ""),
          new Hint("README.md", "start with ten lines of Java"));

  private TapDemoReport() {}

  static DemoReport of(
      Ledger ledger, DemoOutcome outcome, StreamTotals totals, Duration took, Hint hint) {
    int sent = ledger.entries().size();
    int lost = outcome.lost(ledger.entries().stream().map(Ledger.Entry::key).toList());
    int unacked = ledger.unackedKeys().size();
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("sent by the server", sent, ""));
    rows.add(new Row("received", totals.received(), "with what Tap sent again after the crash"));
    rows.add(new Row("acked", totals.acked(), ""));
    rows.add(new Row("reconnects", totals.reconnects(), ""));
    rows.add(
        new Row(
            "redeliveries dropped",
            totals.redeliveriesDropped(),
            "sent again by Tap, not delivered again"));
    rows.add(new Row("malformed", totals.malformed(), "delivered as malformed events"));
    rows.addAll(outcome.rows("acks lost in the crash"));
    if (unacked > 0) {
      rows.add(new Row("never acked", unacked, ""));
    }
    boolean clean = lost == 0 && unacked == 0 && outcome.handledAndDead() == 0;
    List<Hint> next = new ArrayList<>(List.of(hint));
    next.addAll(NEXT);
    return new DemoReport(rows, sent, lost, clean, took, next);
  }
}
