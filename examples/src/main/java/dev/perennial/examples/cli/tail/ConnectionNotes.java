package dev.perennial.examples.cli.tail;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.LogText;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Says when a connection comes and goes. */
final class ConnectionNotes implements StreamListener {

  private static final int WHY_LENGTH = 200;

  private final String where;
  private final Function<Throwable, @Nullable String> words;
  private final Consumer<String> notes;

  /**
   * @param words what an error says
   * @param notes where to say it
   */
  ConnectionNotes(
      String where, Function<Throwable, @Nullable String> words, Consumer<String> notes) {
    this.where = where;
    this.words = words;
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
              transition.cause().map(this::why).orElse("the connection is lost"),
              transition.delay().map(delay -> delay.toMillis()).orElse(0L)));
    }
  }

  @Override
  public void onWindowFull(WindowFull full) {
    notes.accept(
        "waiting for whoever reads the output: " + full.unacked() + " events are not printed yet");
  }

  private String why(Throwable cause) {
    return LogText.brief(String.valueOf(words.apply(cause)), WHY_LENGTH);
  }
}
