package dev.perennial;

import dev.perennial.StreamException.Reason;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.LogText;
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

  /** A server's wait is obeyed up to here, or to the backoff's cap if that is longer. */
  private static final Duration LONGEST_ASKED = Duration.ofMinutes(5);

  private final StreamOptions options;
  private final Feed<?, ?> feed;
  private final Lifecycle lifecycle;
  private final Observer observer;
  private final Attempts attempts;
  private boolean wasConnected;

  /** Whether a failure is counted already of which it is still to be decided what it means. */
  private boolean counted;

  private Deadline retry;

  /** Until when refusals are tolerated; null unless the last thing heard was one. */
  private @Nullable Deadline tolerated;

  private @Nullable Throwable last;

  ConnectionFailures(
      StreamOptions options, Feed<?, ?> feed, Lifecycle lifecycle, Observer observer) {
    this.options = options;
    this.feed = feed;
    this.lifecycle = lifecycle;
    this.observer = observer;
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

  /** Notes that the next attempt begins. The time that nobody pulled is not the server's. */
  void retrying() {
    if (tolerated != null) {
      tolerated = tolerated.later(retry.overdue());
    }
  }

  /** The error that the last connection or attempt ended with. */
  @Nullable Throwable last() {
    return last;
  }

  /** Notes that the stream is connected, and says whether it has been before. */
  boolean connected() {
    boolean before = wasConnected;
    wasConnected = true;
    return before;
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
    tolerated = null;
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
    if (cause instanceof AdapterFault fault) {
      die(fault, "The stream stopped; the source must be mended.");
    }
    Optional<Verdict> known = classify(cause);
    Verdict verdict = known.orElse(Verdict.fatal());
    dieIfFinal(verdict, age.isPresent() ? "receive from" : "connect to", cause, known.isPresent());
    if (verdict instanceof Verdict.PositionLost) {
      feed.positionLost(cause);
      lifecycle.check();
    }
    if (!worked && !counted && !attempts.failed(cause)) {
      die(
          Reason.ATTEMPTS_EXHAUSTED,
          "Cannot connect to "
              + options.source()
              + ": "
              + attempts.count()
              + " attempts in a row gave no connection that worked, as many as"
              + " EventStreamBuilder.maxAttempts() allows, the last because of "
              + LogText.reason(cause)
              + ". The stream stopped.",
          cause);
    }
    counted = !worked;
    Duration delay = ask(() -> Durations.max(attempts.delay(), asked(verdict)));
    retry = Deadline.in(delay, options.runtime());
    lifecycle.move(Move.backingOff(cause, attempts.count(), delay, age.orElse(null)));
    counted = false;
  }

  private void dieIfFinal(Verdict verdict, String doing, Throwable cause, boolean known) {
    if (verdict instanceof Verdict.Fatal) {
      die(
          doing,
          cause,
          known
              ? "The stream stopped, because trying again would not help."
              : "The stream stopped, because no classifier knows this error; if trying again can help, return"
                  + " Verdict.retry() for it in EventStreamBuilder.errors().");
    }
    boolean refused = verdict instanceof Verdict.Refused;
    if (refused && !wasConnected) {
      die(
          doing,
          cause,
          "The stream stopped, because a server that refuses the first connection is usually not the right one, or"
              + " not asked in the right way.");
    }
    if (!refused && !(verdict instanceof Verdict.Unknown)) {
      tolerated = null;
      return;
    }
    if (tolerated == null) {
      tolerated = Deadline.in(options.tolerateRefusals(), options.runtime());
    }
    if (tolerated.isOver()) {
      die(
          doing,
          cause,
          "The stream stopped, because it has heard nothing but "
              + (refused ? "refusals" : "unknown errors")
              + " for as long as EventStreamBuilder.tolerateRefusals() allows, which is "
              + LogText.duration(options.tolerateRefusals())
              + ".");
    }
  }

  private void die(AdapterFault fault, String advice) {
    die(Reason.FATAL, fault.getMessage() + ". " + advice, fault.shown());
  }

  private void die(String doing, Throwable cause, String advice) {
    die(
        Reason.FATAL,
        "Cannot " + doing + " " + options.source() + ": " + LogText.reason(cause) + ". " + advice,
        cause);
  }

  /** How long the server wants us to wait, up to what is sensible. */
  private Duration asked(Verdict verdict) {
    if (!(verdict instanceof Verdict.Retry again)) {
      return Duration.ZERO;
    }
    BackoffPolicy backoff = options.backoff();
    Duration most = Durations.max(LONGEST_ASKED, AdapterFault.call(backoff, "cap", backoff::cap));
    if (again.atLeast().compareTo(most) > 0) {
      observer.waitCapped(again.atLeast(), most);
    }
    return Durations.min(again.atLeast(), most);
  }

  /** What the backoff policy says, which may be the application's own, and throw. */
  private <T> T ask(Supplier<T> question) {
    try {
      return question.get();
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      AdapterFault fault =
          e instanceof AdapterFault known
              ? known
              : AdapterFault.threw(options.backoff(), "delay", e);
      die(fault, "The stream stopped; its backoff policy must be mended.");
      throw new IllegalStateException("a stream that failed is not dead", e);
    }
  }

  /** Empty for an error that no classifier knows. */
  private Optional<Verdict> classify(Throwable cause) {
    if (cause instanceof SourceTimeout) {
      return Optional.of(Verdict.retry());
    }
    for (ErrorClassifier errors : options.errors()) {
      Optional<Verdict> verdict = classify(errors, cause);
      if (verdict.isPresent()) {
        return verdict;
      }
    }
    if (cause instanceof VirtualMachineError) {
      // No memory for a message or a thread, which may be over soon.
      return Optional.of(Verdict.unknown());
    }
    return Optional.empty();
  }

  private Optional<Verdict> classify(ErrorClassifier errors, Throwable cause) {
    try {
      return AdapterFault.call(errors, "classify", () -> errors.classify(cause));
    } catch (AdapterFault fault) {
      if (!fault.shown().equals(cause)) {
        cause.addSuppressed(fault.shown());
      }
      die(
          Reason.FATAL,
          fault.getMessage()
              + " when it was asked about "
              + LogText.reason(cause)
              + ". The stream stopped; its classifier must be mended.",
          cause);
      throw new IllegalStateException("a stream that failed is not dead", fault);
    }
  }

  private void die(Reason reason, String message, Throwable cause) {
    lifecycle.fail(new Death(reason, message, cause, attempts.count(), feed.last()));
    lifecycle.check();
  }
}
