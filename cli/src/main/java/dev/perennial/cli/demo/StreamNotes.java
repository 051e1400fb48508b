package dev.perennial.cli.demo;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.LogText;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/** Says what a stream of a demo meets: connections that are lost and won again. */
final class StreamNotes implements StreamListener {

  private final Consumer<String> bad;
  private final Consumer<String> good;
  private long lostAt;
  private boolean lost;

  /**
   * @param bad takes what went wrong
   * @param good takes what is right again
   */
  StreamNotes(Consumer<String> bad, Consumer<String> good) {
    this.bad = bad;
    this.good = good;
  }

  @Override
  public synchronized void onTransition(Transition transition) {
    if (transition.to() == StreamState.BACKING_OFF) {
      if (!lost) {
        lost = true;
        lostAt = System.nanoTime();
      }
      bad.accept(transition.cause().map(StreamNotes::brief).orElse("the connection is lost"));
    } else if (transition.to() == StreamState.LIVE && lost) {
      lost = false;
      Duration away = Duration.ofNanos(System.nanoTime() - lostAt);
      good.accept(String.format(Locale.ROOT, "connected again, %,d ms later", away.toMillis()));
    }
  }

  @Override
  public void onMalformed(MalformedReceived received) {
    bad.accept(
        String.format(
            Locale.ROOT,
            "handed out as malformed (%,d bytes), the connection lives on",
            received.malformed().size()));
  }

  private static String brief(Throwable cause) {
    return LogText.brief(String.valueOf(cause.getMessage()), 100);
  }
}
