package dev.perennial.cli.tail;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.LogText;
import dev.perennial.port.StreamRuntime;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Says when a connection comes and goes. */
final class ConnectionNotes implements StreamListener {

  private static final StreamRuntime RUNTIME = StreamRuntime.system();
  private static final int WHY_LENGTH = 200;

  /** How long an attempt to connect may take before a person wants to know. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final String where;
  private final Function<Throwable, @Nullable String> words;
  private final Consumer<String> notes;
  private final AtomicReference<StreamRuntime.@Nullable Timer> connecting = new AtomicReference<>();

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
    boolean begins = transition.to() == StreamState.CONNECTING;
    StreamRuntime.Timer before =
        connecting.getAndSet(begins ? RUNTIME.schedule(PATIENCE, this::slow) : null);
    if (before != null) {
      before.cancel();
    }
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

  private void slow() {
    notes.accept("still connecting to " + where);
  }

  private String why(Throwable cause) {
    return LogText.brief(String.valueOf(words.apply(cause)), WHY_LENGTH);
  }
}
