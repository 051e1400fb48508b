package dev.perennial.cli.demo;

import dev.perennial.cli.demo.DemoReport.Hint;
import dev.perennial.cli.demo.DemoReport.Row;
import dev.perennial.simulators.tap.Ledger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Makes the report of the demo on a simulated Tap. */
final class TapDemoReport {

  private static final List<Hint> NEXT =
      List.of(
          new Hint("./perennial tail tap ws://localhost:2480", "the events of a real Tap"),
          new Hint("./perennial demo mongo", "the same with MongoDB, and a standby"),
          new Hint("./perennial demo --seed 2 --events 1000000", ""),
          new Hint("README.md", "ten lines of Java to start from"));

  private TapDemoReport() {}

  static DemoReport of(Ledger ledger, Tally tally, StreamTotals totals, Duration took) {
    int sent = ledger.entries().size();
    int lost = ledger.lost(tally.keys()).size();
    int unacked = ledger.unackedKeys().size();
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("sent by the server", sent, ""));
    rows.add(
        new Row(
            "received", totals.received(), "what Tap sent anew to the new application included"));
    rows.add(new Row("acked", totals.acked(), ""));
    rows.add(new Row("reconnects", totals.reconnects(), ""));
    rows.add(
        new Row(
            "redeliveries dropped",
            totals.redeliveriesDropped(),
            "came again, not handed out again"));
    rows.add(new Row("malformed", totals.malformed(), "handed out as such"));
    rows.add(new Row("handled again", tally.again(), "acks that died with the application"));
    if (unacked > 0) {
      rows.add(new Row("never acked", unacked, ""));
    }
    return new DemoReport(rows, sent, lost, lost == 0 && unacked == 0, took, NEXT);
  }
}
