package dev.perennial.cli.demo;

import dev.perennial.cli.console.Screen;
import dev.perennial.cli.console.Screen.Style;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * The result of a demo.
 *
 * @param rows the counts to print
 * @param total the number of events that the server created
 * @param lost the number of those that the application never handled
 * @param clean whether no event was lost and none stayed unacked
 * @param took how long the demo ran
 * @param next commands and pages to try next
 */
record DemoReport(
    List<Row> rows, int total, int lost, boolean clean, Duration took, List<Hint> next) {

  /**
   * A count.
   *
   * @param remark explains the count; may be empty
   */
  record Row(String name, long count, String remark) {}

  /** A command or page to try next, and its purpose. */
  record Hint(String command, String purpose) {}

  void print(Screen screen) {
    screen.line("");
    rows.forEach(row -> screen.line(line(screen, row)));
    screen.line("");
    String verdict = String.format(Locale.ROOT, "lost: %,d", lost);
    screen.line(
        screen.styled(Style.BOLD, screen.styled(clean ? Style.GREEN : Style.RED, verdict))
            + String.format(
                Locale.ROOT, " of %,d events, in %.1f s", total, took.toMillis() / 1e3));
    screen.line("");
    int width = next.stream().mapToInt(hint -> hint.command.length()).max().orElse(0);
    String begin = "Next: ";
    for (Hint hint : next) {
      String padding = " ".repeat(width - hint.command.length() + 3);
      screen.line((begin + hint.command + padding + hint.purpose).stripTrailing());
      begin = "      ";
    }
  }

  private static String line(Screen screen, Row row) {
    String line = String.format(Locale.ROOT, "  %-22s %,11d   ", row.name, row.count);
    return (line + screen.styled(Style.DIM, row.remark)).stripTrailing();
  }
}
