package dev.perennial.cli.demo;

import dev.perennial.cli.demo.DemoReport.Hint;
import dev.perennial.cli.demo.DemoReport.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Creates the report of the MongoDB demo. */
final class MongoDemoReport {

  private static final List<Hint> NEXT =
      List.of(
          new Hint(
              "./perennial tail mongo mongodb://localhost:27017 --watch shop",
              "print the changes of a real MongoDB"),
          new Hint("./perennial demo mongo --seed 2 --events 100000", ""),
          new Hint("README.md", "start with ten lines of Java"),
          new Hint("docs/mongodb.md", "read about the options and limits"));

  private MongoDemoReport() {}

  /**
   * @param oplog the keys of the events in the oplog
   */
  static DemoReport of(List<String> oplog, DemoOutcome outcome, MongoTotals totals, Duration took) {
    int lost = outcome.lost(oplog);
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("in the oplog", oplog.size(), "as read with MongoDB's driver"));
    rows.add(new Row("handled", outcome.handledEvents().count(), ""));
    rows.addAll(outcome.rows("acks not saved before the kill"));
    rows.addAll(
        List.of(
            new Row("reconnects", totals.reconnects(), ""),
            new Row("invalidates", totals.invalidates(), "stream reopened after it"),
            new Row(
                "takeover in ms",
                totals.takeover().toMillis(),
                String.format(
                    Locale.ROOT,
                    "the claim expires after %d s; default 15 s",
                    MongoConsumer.CLAIM_EXPIRY.toSeconds()))));
    boolean clean = lost == 0 && outcome.handledAndDead() == 0;
    return new DemoReport(rows, oplog.size(), lost, clean, took, NEXT);
  }
}
