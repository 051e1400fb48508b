package dev.perennial;

import dev.perennial.StreamException.Reason;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the failures of connecting and of connections mean: how long to wait before the next
 * attempt, or that there is none. For the thread that sits.
 */
final class ConnectionFailures {

  private final StreamOptions options;
  private final ErrorClassifier errors;
  private final Feed<?, ?> feed;
  private final Lifecycle lifecycle;
  private final Attempts attempts;
  private Deadline retry;
  private @Nullable Throwable last;

  ConnectionFailures(
      StreamOptions options, ErrorClassifier errors, Feed<?, ?> feed, Lifecycle lifecycle) {
    this.options = options;
    this.errors = errors;
    this.feed = feed;
    this.lifecycle = lifecycle;
    this.attempts =
        new Attempts(options.backoff(), options.maxAttempts(), options.runtime()::random);
    this.retry = Deadline.never(options.runtime());
  }

  /** How many attempts have failed in a row. */
  int count() {
    return attempts.count();
  }

  /** When the next attempt may begin. */
  Deadline retry() {
    return retry;
  }

  /** The error that the last connection or attempt ended with. */
  @Nullable Throwable last() {
    return last;
  }

  /**
   * A connection has proved itself. After one that broken bytes have ended, that is believed only
   * once this one ends otherwise, or later: the same bytes may come again, after the same events.
   */
  void proved() {
    if (!isGarbled(last)) {
      startOver();
    }
  }

  private void startOver() {
    attempts.startOver();
    feed.proved();
  }

  private static boolean isGarbled(@Nullable Throwable cause) {
    return cause instanceof TransportException.Lost lost && lost.isProtocolError();
  }

  /**
   * The connection ended, or none came about: the stream backs off, or dies and says so.
   *
   * @param age of the connection; empty if none came about
   * @param proved whether it had proved itself
   */
  void failed(Optional<Duration> age, boolean proved, Throwable cause) {
    boolean again =
        isGarbled(last)
            && isGarbled(cause)
            && age.filter(lived -> lived.compareTo(options.stableAfter()) >= 0).isEmpty();
    boolean worked = proved && !again;
    if (worked) {
      startOver();
    }
    last = cause;
    Optional<Verdict> known = classify(cause);
    Verdict verdict = known.orElse(Verdict.fatal());
    if (verdict instanceof Verdict.Fatal || verdict instanceof Verdict.Refused) {
      die(Reason.FATAL, fatal(age.isPresent(), cause, known.isPresent()), cause);
    }
    if (verdict instanceof Verdict.PositionLost) {
      feed.positionLost(cause);
      lifecycle.check();
    }
    if (!worked && !ask(() -> attempts.failed(cause))) {
      die(
          Reason.ATTEMPTS_EXHAUSTED,
          "the "
              + options.source()
              + " stream got no connection that worked in "
              + attempts.count()
              + " attempts in a row, as many as maxAttempts allows, so it stopped; the last failed with "
              + cause,
          cause);
    }
    Duration atLeast = verdict instanceof Verdict.Retry retry ? retry.atLeast() : Duration.ZERO;
    Duration delay = ask(() -> Durations.max(attempts.delay(), atLeast));
    this.retry = Deadline.in(delay, options.runtime());
    lifecycle.move(Move.backingOff(cause, attempts.count(), delay, age.orElse(null)));
  }

  /** What the backoff policy says, which may be the application's own, and throw. */
  private <T> T ask(Supplier<T> question) {
    try {
      return question.get();
    } catch (Throwable e) {
      die(
          Reason.FATAL,
          "the backoff policy of the "
              + options.source()
              + " stream failed with "
              + e
              + ", so the stream stopped",
          e);
      throw new IllegalStateException("a stream that failed is not dead", e);
    }
  }

  /** Empty for an error that no classifier knows, or one of them fails over. */
  private Optional<Verdict> classify(Throwable cause) {
    try {
      return errors.classify(cause);
    } catch (Throwable e) {
      if (!e.equals(cause)) {
        cause.addSuppressed(e);
      }
      return Optional.empty();
    }
  }

  private String fatal(boolean connected, Throwable cause, boolean known) {
    return "the "
        + options.source()
        + " source failed in "
        + (connected ? "receive" : "connecting")
        + " with "
        + cause
        + (known
            ? "; trying again would not help, so the stream stopped"
            : ", which its classifier does not know, so the stream stopped; if trying again can help, return"
                + " Verdict.retry() for it");
  }

  private void die(Reason reason, String message, Throwable cause) {
    lifecycle.fail(new Death(reason, message, cause, attempts.count(), feed.last()));
    lifecycle.check();
  }
}
