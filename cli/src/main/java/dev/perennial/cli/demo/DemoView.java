package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import dev.perennial.cli.console.Screen;
import dev.perennial.cli.console.Screen.Style;
import java.util.Locale;

/** Shows the progress of a demo: faults, recoveries and a status line. */
final class DemoView {

  private final Screen screen;
  private int shown;
  private long shownAt = System.nanoTime();

  DemoView(Screen screen) {
    this.screen = screen;
  }

  /** Shows a fault that is about to be injected. */
  void showFault(int handled, String fault) {
    screen.line(
        screen.styled(Style.YELLOW, String.format(Locale.ROOT, "%,9d  %s", handled, fault)));
  }

  /** Shows an effect of a fault. */
  void show(String text) {
    screen.line("           " + text);
  }

  /** Shows a recovery. */
  void showRecovery(String text) {
    show(screen.styled(Style.GREEN, text));
  }

  /** Returns whether the status line is due again. */
  boolean isStatusDue() {
    return screen.isStatusDue();
  }

  /** Shows the status line. */
  void showStatus(int handled, int window, long reconnects, StreamState state) {
    long now = System.nanoTime();
    double seconds = Math.max(1, now - shownAt) / 1e9;
    double rate = (handled - shown) / seconds;
    shown = handled;
    shownAt = now;
    screen.status(
        String.format(
            Locale.ROOT,
            "%,9d handled  %,8.0f/s  window %,5d  reconnects %d  %s",
            handled,
            rate,
            window,
            reconnects,
            state));
  }
}
