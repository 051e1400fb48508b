package dev.perennial.examples.cli.tail;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.examples.cli.console.Printable;
import java.util.Locale;
import java.util.function.Consumer;

/** Says when a connection comes and goes. */
final class ConnectionNotes implements StreamListener {

  private final String where;
  private final Consumer<String> notes;

  ConnectionNotes(String where, Consumer<String> notes) {
    this.where = where;
    this.notes = notes;
  }

  @Override
  public void onTransition(Transition transition) {
    if (transition.to() == StreamState.LIVE) {
      notes.accept("connected to " + where);
    } else if (transition.to() == StreamState.BACKING_OFF) {
      notes.accept(
          String.format(
              Locale.ROOT,
              "%s; next attempt in %d ms",
              transition
                  .cause()
                  .map(cause -> Printable.brief(String.valueOf(cause.getMessage()), 200))
                  .orElse("the connection is lost"),
              transition.delay().map(delay -> delay.toMillis()).orElse(0L)));
    }
  }

  @Override
  public void onWindowFull(WindowFull full) {
    notes.accept(
        "waiting for whoever reads the output: " + full.unacked() + " events are not printed yet");
  }
}
