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
 * Checks of the calls that a stream makes to its source: where it connects, what it receives, how
 * many attempts it makes and how long it waits between them.
 */
final class ConnectionChecks<P extends Position> {

  /** The stream fails at this many recoveries without a proved connection between them. */
  private static final int MOST_RECOVERIES = 3;

  /** The tolerance for clock readings that are some steps apart from those of the stream. */
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

  /** Recoveries in a row without a connection between them that may have proved itself. */
  private int recoveries;

  /** Recoveries in a row without a connection between them that certainly proved itself. */
  private int recoveriesAtMost;

  /**
   * @param errors the classifier that the stream uses
   * @param firstDelay the shortest possible first delay of an outage
   * @param stableAfter the age at which a connection has proved itself
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

  /** Returns the position after which the next connection must resume, if one is known. */
  Optional<P> last() {
    return Optional.ofNullable(last);
  }

  /** Records where the stream starts, or restarts after its position was lost. */
  void movedTo(@Nullable P position) {
    last = position;
  }

  void closing() {
    deliveryChecks.closingConnection();
  }

  void acknowledging(P position) {
    acknowledged.add(position);
  }

  /** Returns whether a connection was asked to acknowledge this same position object. */
  boolean wasAcknowledged(P position) {
    return acknowledged.contains(position);
  }

  /** Sets the number of failed attempts in a row at which the stream must fail. */
  void maxAttempts(int most) {
    maxAttempts = most;
  }

  /** Records a call of {@code recover}. */
  void recovering() {
    recoveries++;
    recoveriesAtMost++;
    invariants.require(
        recoveries < MOST_RECOVERIES,
        "recovery %s in a row without a proved connection between them",
        recoveries);
  }

  /** Records that {@code recover} threw, so the stream calls it again. */
  void notRecovered() {
    recoveries--;
    recoveriesAtMost--;
  }

  /** Checks that the stream had to fail. */
  void streamFailed(StreamFailedException why) {
    invariants.require(
        unsure || why.reason() != Reason.ATTEMPTS_EXHAUSTED || failures == maxAttempts,
        "the stream failed after %s failed attempts in a row instead of %s",
        failures,
        maxAttempts);
  }

  /** Returns whether there may have been enough recoveries for the stream to fail. */
  boolean mayStopRecovering() {
    return last == null || recoveriesAtMost + 1 >= MOST_RECOVERIES;
  }

  void connecting() {
    invariants.note("connects after %s", last);
    Duration earliest = notBefore;
    invariants.require(
        earliest == null || runtime.elapsed().compareTo(earliest) >= 0,
        "the next attempt started before the end of its delay at %s",
        earliest);
  }

  void connected() {
    openedAt = runtime.elapsed();
    proved = false;
    unsure = false;
  }

  void receiving(Duration timeout) {
    deliveryChecks.receivesNow(timeout.isZero());
  }

  void receiveEnded() {
    deliveryChecks.receivesNow(false);
  }

  void received(Received<Object, P> received) {
    if (received instanceof Received.Event<Object, P> event) {
      last = event.position();
      // A redelivery proves the connection only if the stream has forgotten the event.
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
   * Records that a pull ran out of memory. The stream may then not know the age of a connection, or
   * that it was opened, and count it differently.
   */
  void outOfMemory() {
    unsure = true;
    recoveries = 0;
  }

  /** Records that a connection ended, or that {@code start}, {@code connect} or recover threw. */
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
        "the stream continues after %s failed attempts in a row of %s",
        failures,
        maxAttempts);
    Duration delay = transition.delay().orElse(Duration.ZERO);
    invariants.require(
        delay.compareTo(firstDelay) >= 0,
        "the stream waits %s, less than the shortest first delay of %s",
        delay,
        firstDelay);
    transition
        .cause()
        .flatMap(this::retryAfter)
        .ifPresent(least ->
            invariants.require(
                delay.compareTo(least) >= 0,
                "the stream waits %s, but the server asked for %s",
                delay,
                least));
    notBefore = runtime.elapsed().plus(delay).minus(STEPS);
  }

  private Optional<Duration> retryAfter(Throwable cause) {
    return errors
        .classify(cause)
        .filter(Verdict.Retry.class::isInstance)
        .map(verdict -> ((Verdict.Retry) verdict).atLeast());
  }
}
