package dev.perennial.cli.tail;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.StreamRuntime;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reports when a stream connects, loses its connection, or waits for the output's reader. */
final class TailStreamListener implements StreamListener {

  private static final StreamRuntime RUNTIME = StreamRuntime.system();
  private static final int MAX_CAUSE_LENGTH = 200;

  /** How long a connection attempt may take before it is reported. */
  private static final Duration SLOW_AFTER = Duration.ofSeconds(2);

  private final String where;
  private final Function<Throwable, @Nullable String> describe;
  private final Consumer<String> messages;
  private final AtomicReference<StreamRuntime.@Nullable Timer> connecting = new AtomicReference<>();

  /**
   * @param where the address of the server, without secrets
   * @param describe describes an error
   * @param messages receives the lines
   */
  TailStreamListener(
      String where, Function<Throwable, @Nullable String> describe, Consumer<String> messages) {
    this.where = where;
    this.describe = describe;
    this.messages = messages;
  }

  @Override
  public void onTransition(Transition transition) {
    boolean begins = transition.to() == StreamState.CONNECTING;
    StreamRuntime.Timer before =
        connecting.getAndSet(begins ? RUNTIME.schedule(SLOW_AFTER, this::reportSlow) : null);
    if (before != null) {
      before.cancel();
    }
    if (transition.to() == StreamState.LIVE) {
      messages.accept("connected to " + where);
    } else if (transition.to() == StreamState.BACKING_OFF) {
      messages.accept(
          String.format(
              Locale.ROOT,
              "%s; next attempt in %d ms",
              transition.cause().map(this::describe).orElse("connection lost"),
              transition.delay().map(delay -> delay.toMillis()).orElse(0L)));
    }
  }

  @Override
  public void onWindowFull(WindowFull full) {
    messages.accept(
        "waiting for the output's reader: " + full.unacked() + " events are not printed yet");
  }

  private void reportSlow() {
    messages.accept("still connecting to " + where);
  }

  private String describe(Throwable cause) {
    return LogText.brief(String.valueOf(describe.apply(cause)), MAX_CAUSE_LENGTH);
  }
}
