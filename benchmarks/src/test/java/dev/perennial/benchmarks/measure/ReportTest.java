package dev.perennial.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReportTest {

  @Test
  @DisplayName("a row has medians, their range, and ratios to the reference")
  void row() {
    Report report = Reports.of(Reports.result(Clients.PEER, 5, 5.1, 5, 5, 4.9));
    assertThat(report.table())
        .contains("## Events of 452 B")
        .contains("5 rounds, median")
        .contains("| **client** `OURS<T>` | 500 | 1.00 | 2.00 | 1.00 | 6.00 | 500 |")
        .contains(
            "| **client** `PEER<T>` | 200 [196–204] | 0.40 | 5.00 [4.90–5.10] | 2.50 | 15.00 [14.70–15.30] | 500 |")
        .doesNotContain("spread");
    assertThat(report.hasFailures()).isFalse();
  }

  @Test
  @DisplayName("a figure that spreads by more than 15 % is marked and has no ratio")
  void unstable() {
    Report report = Reports.of(Reports.result(Clients.PEER, 4, 5, 5, 5, 5));
    assertThat(report.table())
        .contains("200 [200–250] (spread 25 %) | – | 5.00 [4.00–5.00] (spread 20 %) | – |")
        .contains("is no result");
  }

  @Test
  @DisplayName("nothing is compared with a reference that spreads too far, or failed")
  void unstableReference() {
    Result unstable = Reports.result(Clients.OURS, 2, 3, 2, 2, 2);
    Result peer = Reports.result(Clients.PEER, 5, 5, 5, 5, 5);
    Report report = new Report("tap", "Events", Clients.OURS, 5, List.of(unstable, peer));
    assertThat(report.cpuRatio(peer)).isEmpty();
    Report failed =
        new Report(
            "tap", "Events", Clients.OURS, 5, List.of(Reports.failed(Clients.OURS, "no"), peer));
    assertThat(failed.rateRatio(peer)).isEmpty();
    assertThat(failed.table()).contains("| **client** `PEER<T>` | 200 | – | 5.00 | – |");
  }

  @Test
  @DisplayName("fewer than five rounds give no ratios")
  void fewRounds() {
    Result ours = Reports.result(Clients.OURS, 2);
    Report report = new Report("tap", "Events", Clients.OURS, 1, List.of(ours));
    assertThat(report.table())
        .contains("1 round. Ratios are to")
        .contains("| 500 | – | 2.00 | – |")
        .contains("for orientation");
  }

  @Test
  @DisplayName("a contender that failed has the reason and no figure")
  void failed() {
    Report report = Reports.of(Reports.failed(Clients.PEER, "9 acks | of 10"));
    assertThat(report.table())
        .contains("| **client** `PEER<T>` | failed: 9 acks / of 10 | | | | | |");
    assertThat(report.hasFailures()).isTrue();
  }
}
