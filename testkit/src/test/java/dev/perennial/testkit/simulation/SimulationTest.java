package dev.perennial.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Simulation of the engine with scripted sources in virtual time. Each seed is a schedule of what
 * the server, the store, the network and the application do, with checks of all invariants.
 *
 * <p>{@code -Dperennial.simulation.schedules} sets the number of schedules of each kind, and {@code
 * -Dperennial.simulation.seed} the first seed.
 */
@Timeout(value = 7, unit = TimeUnit.DAYS) // The number of schedules is configurable.
class SimulationTest {

  private static final int SCHEDULES = Integer.getInteger("perennial.simulation.schedules", 1_500);

  /** With fewer schedules, rare events may not happen. */
  private static final int ENOUGH = 1_000;

  /** The number of schedules between two lines of output. */
  private static final int PROGRESS = 10_000;

  private static final long FIRST_SEED = Long.getLong("perennial.simulation.seed", 1);

  @Test
  void clientTrackedStreamsKeepTheInvariants() {
    play(
        "clientTracked",
        ClientTrackedSchedule::new,
        List.of(
            "CLOSED",
            "CLOSED_BY_TWO",
            "CLOSED_IN_HANDLER",
            "CLOSED_IN_LISTENER",
            "KILLED",
            "attempt failed",
            "proved connection lost",
            "unproved connection lost",
            "progress",
            "restart with notice",
            "restart without notice",
            "start afresh",
            "no memory for a thread",
            "no memory for a timer",
            "no memory for a save",
            "no memory for encode",
            "no memory for a listener",
            "no memory for a pull",
            "save failed",
            "nacked again",
            "nacked with a wait",
            "interrupted",
            "failure attempts-exhausted",
            "failure checkpoint",
            "failure claim-lost",
            "failure fatal",
            "failure position-lost"));
  }

  @Test
  void serverTrackedStreamsKeepTheInvariants() {
    play(
        "serverTracked",
        ServerTrackedSchedule::new,
        List.of(
            "CLOSED_IN_HANDLER",
            "CLOSED_IN_LISTENER",
            "KILLED",
            "attempt failed",
            "proved connection lost",
            "redelivery dropped",
            "ended",
            "no memory for an ack",
            "no memory for a pull",
            "acks unsent",
            "nacked again",
            "nacked with a wait",
            "interrupted",
            "failure attempts-exhausted",
            "failure fatal"));
  }

  /** What must happen where applications consume, with both kinds of sources. */
  private static final List<String> HANDLING =
      List.of(
          "IN_ORDER",
          "IN_ORDER in batches",
          "PER_KEY",
          "PER_KEY in batches",
          "UNORDERED",
          "UNORDERED in batches",
          "consume again",
          "executor CALLER",
          "executor POOL",
          "executor REJECTING",
          "rejected",
          "retried",
          "batch by halves",
          "half of a batch",
          "skipped",
          "dead letter",
          "dead letter refused",
          "quarantined",
          "key released",
          "key failed",
          "acked early",
          "nacked by handler",
          "settled by another thread",
          "settled and failed",
          "handler interrupted",
          "handler hangs",
          "handler slow",
          "handler runs after the close",
          "two handlers close",
          "fatal error",
          "failure handler",
          "CLOSED_IN_HANDLER",
          "CLOSED_IN_LISTENER",
          "KILLED",
          "no memory for a thread",
          "no memory for a pull",
          "interrupted");

  @Test
  void handlingOfClientTrackedStreamsKeepsTheInvariants() {
    play("handlingOfClientTracked", seed -> new ClientTrackedSchedule(seed, true), HANDLING);
  }

  @Test
  void handlingOfServerTrackedStreamsKeepsTheInvariants() {
    play("handlingOfServerTracked", seed -> new ServerTrackedSchedule(seed, true), HANDLING);
  }

  private static void play(String kind, LongFunction<Schedule> schedules, List<String> expected) {
    EventCounts counts = new EventCounts();
    long begun = System.nanoTime();
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      Schedule played = schedules.apply(seed);
      try {
        played.play();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "seed "
                + seed
                + ": "
                + e.getMessage()
                + "\nReplay with: mvn -pl testkit -am test -Dtest='SimulationTest#"
                + kind
                + "*' -Dsurefire.failIfNoSpecifiedTests=false -Dperennial.simulation.seed="
                + seed
                + " -Dperennial.simulation.schedules=1\nThe last steps:\n"
                + played.invariants.notes()
                + "\n",
            e);
      }
      counts.add(played.invariants.counts());
      long count = seed - FIRST_SEED + 1;
      if (count % PROGRESS == 0) {
        double seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf(
            "%s: %,d of %,d schedules played, the last of seed %d, %.0f a second%n",
            kind, count, SCHEDULES, seed, count / seconds);
      }
    }
    if (SCHEDULES >= ENOUGH) {
      for (String what : expected) {
        assertThat(counts.of(what)).as("count of \"%s\" in %s", what, counts).isPositive();
      }
    }
    System.out.println(kind + ": " + counts);
  }
}
