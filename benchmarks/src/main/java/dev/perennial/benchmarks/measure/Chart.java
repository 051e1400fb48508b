package dev.perennial.benchmarks.measure;

import java.util.List;
import java.util.Locale;

/**
 * Reports as bars in SVG: how many events a client handles in a second of its processor time. The
 * colours follow the reader's light or dark mode.
 */
public final class Chart {

  private static final int WIDTH = 900;
  private static final int BARS_AT = 420;
  private static final int LONGEST_BAR = 330;
  private static final int ROW = 24;
  private static final int BAR = 14;
  private static final int HEADING = 44;
  private static final int TEXT = 11;
  private static final double MICROS_PER_MILLI = 1_000;

  private static final String STYLE =
      """
        text { font: 12px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
        .title { font-size: 14px; font-weight: 600; }
        .note { fill: #59636e; font-size: 11px; }
        .ours { fill: #1a7f64; }
        .peer { fill: #a3acb6; }
        .unstable { fill-opacity: 0.35; }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3; }
          .note { fill: #9198a1; }
          .ours { fill: #3fb68b; }
          .peer { fill: #656c76; }
        }
      """;

  private final StringBuilder svg = new StringBuilder();
  private int y;

  private Chart() {}

  /** Returns the chart. Clients that only show what the server could give are left out. */
  public static String of(Machine machine, List<Report> reports) {
    Chart chart = new Chart();
    reports.forEach(chart::panel);
    chart.y += ROW;
    chart.text(0, "note", machine.text());
    return String.format(
        Locale.ROOT,
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" height="%2$d" role="img">
        <title>Thousand events per second of client processor time</title>
        <style>
        %3$s</style>
        %4$s</svg>
        """,
        WIDTH,
        chart.y + TEXT,
        STYLE,
        chart.svg);
  }

  private void panel(Report report) {
    y += HEADING;
    text(0, "title", report.title());
    y += ROW;
    String note = "thousand events per second of the client's processor time; longer is better";
    text(
        0,
        "note",
        report.rounds() < Report.LEAST_ROUNDS
            ? note + "; " + report.roundsText() + ", for orientation only"
            : note);
    List<Result> shown =
        report.results().stream()
            .filter(result -> result.contender().role() != Contender.Role.BOUND)
            .toList();
    double most =
        shown.stream()
            .filter(result -> !result.hasFailed())
            .mapToDouble(Chart::thousands)
            .max()
            .orElse(1);
    shown.forEach(result -> row(result, most));
  }

  private void row(Result result, double most) {
    y += ROW;
    text(0, "label", plain(result.contender().title()));
    if (result.hasFailed()) {
      text(BARS_AT, "note", "failed");
      return;
    }
    double value = thousands(result);
    boolean stable = result.cpu().isStable();
    int length = (int) Math.round(value / most * LONGEST_BAR);
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>%n",
            (result.contender().role() == Contender.Role.OURS ? "ours" : "peer")
                + (stable ? "" : " unstable"),
            BARS_AT,
            y - TEXT,
            Math.max(1, length),
            BAR));
    text(
        BARS_AT + length + 6,
        stable ? "value" : "note",
        String.format(Locale.ROOT, "%,.0f", value)
            + (stable
                ? ""
                : String.format(Locale.ROOT, " (spread %.0f %%)", result.cpu().percent())));
  }

  private static double thousands(Result result) {
    return MICROS_PER_MILLI / result.cpu().median();
  }

  private void text(int x, String style, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n",
            style,
            x,
            y,
            text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")));
  }

  /** Removes the marks of Markdown. */
  private static String plain(String title) {
    return title.replace("*", "").replace("`", "");
  }
}
