package dev.perennial.testkit.simulation;

import dev.perennial.StreamFailedException;
import dev.perennial.StreamFailedException.Reason;
import dev.perennial.StreamListener.Transition;
import dev.perennial.port.ErrorClassifier;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
import dev.perennial.port.Verdict;
import dev.perennial.testkit.VirtualRuntime;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Watches what passes between a stream and its source: where it connects, what it is given, how
 * often it tries and how long it waits in between.
 */
final class ConnectionChecks<P extends Position> {

  /** Position lost so often, with no connection in between that proved itself, is the end. */
  private static final int MOST_RECOVERIES = 3;

  /** What may differ between our clock readings and the stream's, which are some steps apart. */
  private static final Duration STEPS = Duration.ofMillis(5);

  private final VirtualRuntime runtime;
  private final InvariantChecks invariants;
  private final DeliveryChecks deliveryChecks;
  private final Duration firstDelay;
  private final Duration stableAfter;
  private final ErrorClassifier errors;
  private int maxAttempts = Integer.MAX_VALUE;

  private @Nullable P last;
  private final Set<P> acknowledged = Collections.newSetFromMap(new IdentityHashMap<>());
  private int failures;
  private boolean unsure;
  private @Nullable Duration openedAt;
  private boolean proved;
  private @Nullable Duration notBefore;

  /** Recoveries in a row, with no connection between them that may have proved itself. */
  private int recoveries;

  /** The same, with none between them that proved itself for certain. */
  private int recoveriesAtMost;

  /**
   * @param errors what the stream is told that errors mean
   * @param firstDelay the least that the first delay of an outage may be
   * @param stableAfter how long a connection lives to prove itself
   */
  ConnectionChecks(
      VirtualRuntime runtime,
      InvariantChecks invariants,
      DeliveryChecks deliveryChecks,
      ErrorClassifier errors,
      Duration firstDelay,
      Duration stableAfter) {
    this.runtime = runtime;
    this.invariants = invariants;
    this.deliveryChecks = deliveryChecks;
    this.errors = errors;
    this.firstDelay = firstDelay;
    this.stableAfter = stableAfter;
  }

  /** The position that the next connection has to go on after, if one is known. */
  Optional<P> last() {
    return Optional.ofNullable(last);
  }

  /** Notes where the stream begins, or goes on after its position was lost. */
  void movedTo(@Nullable P position) {
    last = position;
  }

  void closing() {
    deliveryChecks.closingConnection();
  }

  void acknowledging(P position) {
    acknowledged.add(position);
  }

  /**
   * Whether this very position, and not only one that equals it, was given to a connection to
   * acknowledge.
   */
  boolean wasAcknowledged(P position) {
    return acknowledged.contains(position);
  }

  /** After so many failed attempts in a row the stream has to die. */
  void maxAttempts(int most) {
    maxAttempts = most;
  }

  /** Notes that the stream asks how to go on without a position. */
  void recovering() {
    recoveries++;
    recoveriesAtMost++;
    invariants.require(
        recoveries < MOST_RECOVERIES,
        "recovery %s in a row, with no connection between them that gave anything",
        recoveries);
  }

  /** There was no answer, so it will ask again. */
  void notRecovered() {
    recoveries--;
    recoveriesAtMost--;
  }

  /** Checks that the stream had to die. */
  void died(StreamFailedException why) {
    invariants.require(
        unsure || why.reason() != Reason.ATTEMPTS_EXHAUSTED || failures == maxAttempts,
        "the stream gave up after %s failed attempts in a row instead of %s",
        failures,
        maxAttempts);
  }

  /** Whether the position may be lost so often that the stream gives up. */
  boolean mayStopRecovering() {
    return last == null || recoveriesAtMost + 1 >= MOST_RECOVERIES;
  }

  void connecting() {
    invariants.note("connects after %s", last);
    Duration earliest = notBefore;
    invariants.require(
        earliest == null || runtime.elapsed().compareTo(earliest) >= 0,
        "the next attempt came before its delay was over, which ends at %s",
        earliest);
  }

  void connected() {
    openedAt = runtime.elapsed();
    proved = false;
    unsure = false;
  }

  void received(Received<Object, P> received) {
    if (received instanceof Received.Event<Object, P> event) {
      last = event.position();
      // A copy that the stream may or may not have forgotten proves the connection or does not.
      if (!deliveryChecks.wasReceived(event.event())) {
        prove();
      } else if (deliveryChecks.mayBeForgotten(event.event())) {
        unsure = true;
      }
      deliveryChecks.received(event.event());
    } else if (received instanceof Received.Progress<Object, P> progress) {
      last = progress.position();
      prove();
      invariants.count("progress");
    }
  }

  private void prove() {
    proved = true;
    recoveries = 0;
    recoveriesAtMost = 0;
  }

  /**
   * The stream had no memory for something that it did in a pull: for how long a connection lived,
   * or that one came about, so that it may count that one otherwise.
   */
  void outOfMemory() {
    unsure = true;
    recoveries = 0;
  }

  /** A connection ended, or {@code start}, {@code connect} or {@code recover} threw. */
  void failed() {
    invariants.note("connection or attempt failed");
    invariants.count(
        openedAt == null
            ? "attempt failed"
            : proved ? "proved connection lost" : "unproved connection lost");
    Duration since = openedAt;
    openedAt = null;
    if (since == null) {
      failures++;
      return;
    }
    Duration age = runtime.elapsed().minus(since);
    if (proved || age.compareTo(stableAfter.plus(STEPS)) >= 0) {
      prove();
      failures = 0;
    } else if (age.compareTo(stableAfter.minus(STEPS)) > 0) {
      proved = true;
      recoveries = 0;
      unsure = true;
    } else {
      failures++;
    }
  }

  void backingOff(Transition transition) {
    if (unsure) {
      failures = transition.attempt();
    }
    unsure = false;
    openedAt = null;
    invariants.require(
        transition.attempt() == failures,
        "the stream counts %s failed attempts in a row, but there were %s",
        transition.attempt(),
        failures);
    invariants.require(
        failures < maxAttempts,
        "the stream tries on after %s failed attempts in a row of %s",
        failures,
        maxAttempts);
    Duration delay = transition.delay().orElse(Duration.ZERO);
    invariants.require(
        delay.compareTo(firstDelay) >= 0,
        "it waits %s, less than the least first delay of %s",
        delay,
        firstDelay);
    transition
        .cause()
        .flatMap(this::retryAfter)
        .ifPresent(least ->
            invariants.require(
                delay.compareTo(least) >= 0, "it waits %s, but was asked for %s", delay, least));
    notBefore = runtime.elapsed().plus(delay).minus(STEPS);
  }

  private Optional<Duration> retryAfter(Throwable cause) {
    return errors
        .classify(cause)
        .filter(Verdict.Retry.class::isInstance)
        .map(verdict -> ((Verdict.Retry) verdict).atLeast());
  }
}
