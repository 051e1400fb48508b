package dev.perennial.cli.demo;

import dev.perennial.cli.demo.DemoReport.Hint;
import dev.perennial.cli.demo.DemoReport.Row;
import java.time.Duration;
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
  static DemoReport of(
      List<String> oplog, HandledEvents handledEvents, MongoTotals totals, Duration took) {
    int lost = handledEvents.countMissing(oplog);
    List<Row> rows =
        List.of(
            new Row("in the oplog", oplog.size(), "as read with MongoDB's driver"),
            new Row("handled", handledEvents.count(), ""),
            new Row(
                "handled again",
                handledEvents.repeats(),
                "acked by the killed process after its last save"),
            new Row("reconnects", totals.reconnects(), ""),
            new Row("cursors reopened", totals.resumes(), "by the driver"),
            new Row("invalidates", totals.invalidates(), "stream reopened after it"),
            new Row(
                "takeover in ms",
                totals.takeover().toMillis(),
                String.format(
                    Locale.ROOT,
                    "after the kill; the claim expires after %d s here, 15 s by default",
                    MongoConsumer.CLAIM_EXPIRY.toSeconds())));
    return new DemoReport(rows, oplog.size(), lost, lost == 0, took, NEXT);
  }
}
