package dev.perennial.cli.demo;

import dev.perennial.StreamListener;
import dev.perennial.StreamState;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Reports lost and restored connections, malformed messages and dead letters of a demo's stream.
 */
final class DemoStreamListener implements StreamListener {

  private final Consumer<String> problems;
  private final Consumer<String> recoveries;
  private long lostAt;
  private boolean lost;

  /**
   * @param problems receives lines about problems
   * @param recoveries receives lines about recoveries
   */
  DemoStreamListener(Consumer<String> problems, Consumer<String> recoveries) {
    this.problems = problems;
    this.recoveries = recoveries;
  }

  @Override
  public synchronized void onTransition(Transition transition) {
    if (transition.to() == StreamState.BACKING_OFF) {
      if (!lost) {
        lost = true;
        lostAt = System.nanoTime();
      }
      problems.accept(transition.cause().map(DemoStreamListener::brief).orElse("connection lost"));
    } else if (transition.to() == StreamState.LIVE && lost) {
      lost = false;
      Duration outage = Duration.ofNanos(System.nanoTime() - lostAt);
      recoveries.accept(
          String.format(Locale.ROOT, "connected again after %,d ms", outage.toMillis()));
    }
  }

  @Override
  public void onMalformed(MalformedReceived received) {
    problems.accept(
        String.format(
            Locale.ROOT,
            "delivered as malformed (%,d bytes); the connection stays open",
            received.malformed().size()));
  }

  @Override
  public void onDeadLettered(DeadLettered deadLettered) {
    problems.accept(
        "dead letter after "
            + deadLettered.attempts()
            + " attempts: "
            + brief(deadLettered.error()));
  }

  private static String brief(Throwable cause) {
    return LogText.brief(String.valueOf(cause.getMessage()), 100);
  }
}
