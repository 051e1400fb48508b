package dev.perennial.examples.cli;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.examples.cli.Screen.Style;
import java.time.Duration;
import java.util.Locale;

/** Shows what happens in the demo, while it does. */
final class DemoView implements StreamListener {

  private final Screen screen;
  private long lostAt;
  private boolean lost;
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

  @Override
  public synchronized void onTransition(Transition transition) {
    if (transition.to() == StreamState.BACKING_OFF) {
      if (!lost) {
        lost = true;
        lostAt = System.nanoTime();
      }
      say(transition.cause().map(DemoView::brief).orElse("the connection is lost"));
    } else if (transition.to() == StreamState.LIVE && lost) {
      lost = false;
      Duration away = Duration.ofNanos(System.nanoTime() - lostAt);
      say(
          screen.styled(
              Style.GREEN,
              String.format(Locale.ROOT, "connected again, %,d ms later", away.toMillis())));
    }
  }

  @Override
  public void onMalformed(MalformedReceived received) {
    say(
        String.format(
            Locale.ROOT,
            "handed out as malformed (%,d bytes), the connection lives on",
            received.malformed().size()));
  }

  private static String brief(Throwable cause) {
    return Printable.brief(String.valueOf(cause.getMessage()), 100);
  }
}
