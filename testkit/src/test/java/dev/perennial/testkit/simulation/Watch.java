package dev.perennial.testkit.simulation;

import dev.perennial.StreamListener.Transition;
import dev.perennial.port.Position;
import dev.perennial.port.Received;
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
final class Watch<P extends Position> {

  /** What may differ between our clock readings and the stream's, which are some steps apart. */
  private static final Duration STEPS = Duration.ofMillis(5);

  private final VirtualRuntime runtime;
  private final Referee referee;
  private final Handouts handouts;
  private final Duration firstDelay;
  private final Duration stableAfter;

  private @Nullable P last;
  private final Set<P> acknowledged = Collections.newSetFromMap(new IdentityHashMap<>());
  private int failures;
  private boolean unsure;
  private @Nullable Duration openedAt;
  private boolean proved;
  private @Nullable Duration notBefore;

  /**
   * @param firstDelay the least that the first delay of an outage may be
   * @param stableAfter how long a connection lives to prove itself
   */
  Watch(
      VirtualRuntime runtime,
      Referee referee,
      Handouts handouts,
      Duration firstDelay,
      Duration stableAfter) {
    this.runtime = runtime;
    this.referee = referee;
    this.handouts = handouts;
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

  int failures() {
    return failures;
  }

  boolean isProved() {
    return proved;
  }

  /** Whatever proved the last connection counts once. */
  void unprove() {
    proved = false;
  }

  void connecting() {
    referee.note("connects after %s", last);
    Duration earliest = notBefore;
    referee.require(
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
      if (!handouts.wasReceived(event.event())) {
        proved = true;
      } else if (handouts.mayBeForgotten(event.event())) {
        unsure = true;
      }
      handouts.received(event.event());
    } else if (received instanceof Received.Progress<Object, P> progress) {
      last = progress.position();
      proved = true;
      referee.count("progress");
    }
  }

  /** A connection ended, or {@code start}, {@code connect} or {@code recover} threw. */
  void failed() {
    referee.note("connection or attempt failed");
    referee.count(
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
      proved = true;
      failures = 0;
    } else if (age.compareTo(stableAfter.minus(STEPS)) > 0) {
      proved = true;
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
    referee.require(
        transition.attempt() == failures,
        "the stream counts %s failed attempts in a row, but there were %s",
        transition.attempt(),
        failures);
    Duration delay = transition.delay().orElse(Duration.ZERO);
    referee.require(
        delay.compareTo(firstDelay) >= 0,
        "it waits %s, less than the least first delay of %s",
        delay,
        firstDelay);
    notBefore = runtime.elapsed().plus(delay).minus(STEPS);
  }
}
