package dev.perennial.examples.cli.tail;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.examples.cli.console.Printable;
import java.util.Locale;
import java.util.function.Consumer;

/** Says when a connection comes and goes. */
final class ConnectionNotes implements StreamListener {

  /** What MongoDB's driver knows of each server, at length, behind what is the matter. */
  private static final String DRIVER_DETAILS = ". Client view of cluster state";

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
              transition.cause().map(ConnectionNotes::why).orElse("the connection is lost"),
              transition.delay().map(delay -> delay.toMillis()).orElse(0L)));
    }
  }

  @Override
  public void onWindowFull(WindowFull full) {
    notes.accept(
        "waiting for whoever reads the output: " + full.unacked() + " events are not printed yet");
  }

  private static String why(Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    int details = text.indexOf(DRIVER_DETAILS);
    return Printable.brief(details < 0 ? text : text.substring(0, details), 200);
  }
}
