package dev.perennial.cli.demo;

import dev.perennial.StreamState;
import dev.perennial.cli.console.Screen;
import dev.perennial.cli.console.Screen.Style;
import java.util.Locale;

/** Shows what happens in a demo, while it does. */
final class DemoView {

  private final Screen screen;
  private int shown;
  private long shownAt = System.nanoTime();

  DemoView(Screen screen) {
    this.screen = screen;
  }

  /** Tells of what is about to go wrong. */
  void announce(int handled, String fault) {
    screen.line(
        screen.styled(Style.YELLOW, String.format(Locale.ROOT, "%,9d  %s", handled, fault)));
  }

  /** Tells of what came of it. */
  void say(String text) {
    screen.line("           " + text);
  }

  /** Tells of what is well again. */
  void sayGood(String text) {
    say(screen.styled(Style.GREEN, text));
  }

  /** Whether it is time to show the figures again. */
  boolean wantsFigures() {
    return screen.wantsLive();
  }

  /** Shows the figures. */
  void show(int handled, int window, long reconnects, StreamState state) {
    long now = System.nanoTime();
    double seconds = Math.max(1, now - shownAt) / 1e9;
    double rate = (handled - shown) / seconds;
    shown = handled;
    shownAt = now;
    screen.live(
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
