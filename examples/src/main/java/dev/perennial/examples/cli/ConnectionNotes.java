package dev.perennial.examples.cli;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import java.io.PrintStream;

/** Says on stderr when a connection comes and goes. */
final class ConnectionNotes implements StreamListener {

  private final String where;
  private final PrintStream err;

  ConnectionNotes(String where, PrintStream err) {
    this.where = where;
    this.err = err;
  }

  @Override
  public void onTransition(Transition transition) {
    if (transition.to() == StreamState.LIVE) {
      err.println("connected to " + where);
    } else if (transition.to() == StreamState.BACKING_OFF) {
      err.printf(
          "%s; next attempt in %d ms%n",
          transition
              .cause()
              .map(cause -> Printable.brief(String.valueOf(cause.getMessage()), 200))
              .orElse("the connection is lost"),
          transition.delay().map(delay -> delay.toMillis()).orElse(0L));
    }
  }

  @Override
  public void onWindowFull(WindowFull full) {
    err.println(
        "waiting for whoever reads the output: " + full.unacked() + " events are not printed yet");
  }
}
