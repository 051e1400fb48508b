package dev.perennial.internal.connection;

import dev.perennial.StreamFailedException.Reason;
import dev.perennial.internal.stream.AdapterFault;
import dev.perennial.internal.stream.Deadline;
import dev.perennial.internal.stream.Durations;
import dev.perennial.internal.stream.Lifecycle;
import dev.perennial.internal.stream.StateChange;
import dev.perennial.internal.stream.StreamContext;
import dev.perennial.internal.stream.StreamFailure;
import dev.perennial.internal.stream.StreamOptions;
import dev.perennial.port.BackoffPolicy;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.TransportException;
import dev.perennial.port.Verdict;
import dev.perennial.port.support.LogText;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a failed connection attempt or a lost connection means: how long to wait before the
 * next attempt, or that the stream fails. Called only by the pulling thread.
 */
public final class ConnectionFailures {

  /** The longest wait that a server may ask for, unless the cap of the backoff policy is longer. */
  private static final Duration LONGEST_ASKED = Duration.ofMinutes(5);

  private final SourceTracking<?, ?> tracking;
  private final StreamContext context;
  private final StreamOptions options;
  private final Lifecycle lifecycle;
  private final Attempts attempts;
  private boolean wasConnected;

  /** Whether the current failure is counted, while its meaning is still to be decided. */
  private boolean counted;

  private Deadline retry;

  /** Until when refusals are tolerated; null unless the last answer was a refusal. */
  private @Nullable Deadline tolerated;

  private @Nullable Throwable last;

  public ConnectionFailures(SourceTracking<?, ?> tracking, StreamContext context) {
    this.tracking = tracking;
    this.context = context;
    this.options = context.options();
    this.lifecycle = context.lifecycle();
    this.attempts =
        new Attempts(options.backoff(), options.maxAttempts(), options.runtime()::random);
    this.retry = Deadline.never(options.runtime());
  }

  /** Returns how many attempts have failed in a row. */
  public int count() {
    return attempts.count();
  }

  /** Returns when the next attempt may begin. */
  public Deadline retry() {
    return retry;
  }

  /**
   * Notes that the next attempt begins. Time in which no thread pulled does not count as refused.
   */
  public void retrying() {
    if (tolerated != null) {
      tolerated = tolerated.later(retry.overdue());
    }
  }

  /** Returns the error of the last attempt or connection. */
  public @Nullable Throwable last() {
    return last;
  }

  /** Notes that the stream is connected. Returns whether it was connected before. */
  public boolean connected() {
    boolean before = wasConnected;
    wasConnected = true;
    return before;
  }

  /**
   * Notes that the connection has proved itself. After a connection that garbled bytes have ended,
   * this counts only when the next one ends otherwise or stays open for long, because the same
   * bytes may follow the same events again.
   */
  public void proved() {
    if (!isGarbled(last)) {
      startOver();
    }
  }

  private void startOver() {
    attempts.startOver();
    tolerated = null;
    tracking.proved();
  }

  private static boolean isGarbled(@Nullable Throwable cause) {
    return cause instanceof TransportException.Lost lost && lost.isProtocolError();
  }

  /**
   * Handles the end of a connection, or a failed attempt: the stream backs off, or fails and this
   * throws.
   *
   * @param age of the connection; empty if there was none
   * @param proved whether the connection had proved itself
   */
  public void failed(Optional<Duration> age, boolean proved, Throwable cause) {
    boolean again =
        isGarbled(last)
            && isGarbled(cause)
            && age.filter(known -> known.compareTo(options.stableAfter()) >= 0).isEmpty();
    boolean worked = proved && !again;
    if (worked) {
      startOver();
    }
    last = cause;
    if (cause instanceof AdapterFault fault) {
      fail(fault, "The stream stopped. Fix the source.");
    }
    Optional<Verdict> known = classify(cause);
    Verdict verdict = known.orElse(Verdict.fatal());
    failIfFinal(verdict, age.isPresent() ? "receive from" : "connect to", cause, known.isPresent());
    if (verdict instanceof Verdict.PositionLost) {
      tracking.positionLost(cause);
      lifecycle.check();
    }
    if (!worked && !counted && !attempts.failed(cause)) {
      fail(
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
    lifecycle.move(StateChange.backingOff(cause, attempts.count(), delay));
    counted = false;
  }

  private void failIfFinal(Verdict verdict, String doing, Throwable cause, boolean known) {
    if (verdict instanceof Verdict.Fatal) {
      fail(
          doing,
          cause,
          known
              ? "The stream stopped, because trying again would not help."
              : "The stream stopped, because no classifier knows this error; if trying again can help, return"
                  + " Verdict.retry() for it in EventStreamBuilder.errors().");
    }
    boolean refused = verdict instanceof Verdict.Refused;
    if (refused && !wasConnected) {
      fail(
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
      fail(
          doing,
          cause,
          "The stream stopped, because it got nothing but "
              + (refused ? "refusals" : "unknown errors")
              + " for as long as EventStreamBuilder.tolerateRefusals() allows, which is "
              + LogText.duration(options.tolerateRefusals())
              + ".");
    }
  }

  private void fail(AdapterFault fault, String advice) {
    fail(Reason.FATAL, fault.getMessage() + " " + advice, fault.shown());
  }

  private void fail(String doing, Throwable cause, String advice) {
    fail(
        Reason.FATAL,
        "Cannot " + doing + " " + options.source() + ": " + LogText.reason(cause) + ". " + advice,
        cause);
  }

  /** Returns how long the server asks to wait, capped. */
  private Duration asked(Verdict verdict) {
    if (!(verdict instanceof Verdict.Retry again)) {
      return Duration.ZERO;
    }
    BackoffPolicy backoff = options.backoff();
    Duration most = Durations.max(LONGEST_ASKED, AdapterFault.call(backoff, "cap", backoff::cap));
    if (again.atLeast().compareTo(most) > 0) {
      context.observer().waitCapped(again.atLeast(), most);
    }
    return Durations.min(again.atLeast(), most);
  }

  /** Asks the backoff policy, which may be the application's and may throw. */
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
      fail(fault, "The stream stopped. Fix its backoff policy.");
      throw new IllegalStateException("The stream has failed.", e);
    }
  }

  /** Returns what the error means; empty if no classifier knows it. */
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
      // A lack of memory for a message or a thread may be over soon.
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
      fail(
          Reason.FATAL,
          fault.getMessage()
              + " The stream stopped. Fix the classifier, which got this error: "
              + LogText.reason(cause)
              + ".",
          cause);
      throw new IllegalStateException("The stream has failed.", fault);
    }
  }

  private void fail(Reason reason, String message, Throwable cause) {
    lifecycle.fail(new StreamFailure(reason, message, cause, attempts.count(), tracking.last()));
    lifecycle.check();
  }
}
