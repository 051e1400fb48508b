package dev.perennial.cli.demo;

import dev.perennial.cli.demo.DemoReport.Hint;
import dev.perennial.cli.demo.DemoReport.Row;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Makes the report of the demo on a scripted replica set. */
final class MongoDemoReport {

  private static final List<Hint> NEXT =
      List.of(
          new Hint(
              "./perennial tail mongo mongodb://localhost:27017 --watch shop",
              "the changes in a real MongoDB"),
          new Hint("./perennial demo mongo --seed 2 --events 100000", ""),
          new Hint("README.md", "ten lines of Java to start from"),
          new Hint("docs/mongodb.md", "what to choose, and what to expect"));

  private MongoDemoReport() {}

  /**
   * @param oplog the keys of what is in the oplog
   */
  static DemoReport of(List<String> oplog, Tally tally, MongoTotals totals, Duration took) {
    int lost = tally.missing(oplog);
    List<Row> rows =
        List.of(
            new Row("in the oplog", oplog.size(), "as MongoDB's own driver reads it"),
            new Row("handled", tally.count(), ""),
            new Row("handled again", tally.again(), "acks that died with the killed application"),
            new Row("reconnects", totals.reconnects(), ""),
            new Row("cursors reopened", totals.resumes(), "by the driver itself"),
            new Row("invalidates", totals.invalidates(), "gone on behind"),
            new Row(
                "ms without a consumer",
                totals.takeover().toMillis(),
                String.format(
                    Locale.ROOT,
                    "after the kill; a dead one's claim lives %d s here, 15 s unless set",
                    MongoConsumer.CLAIM_EXPIRY.toSeconds())));
    return new DemoReport(rows, oplog.size(), lost, lost == 0, took, NEXT);
  }
}
