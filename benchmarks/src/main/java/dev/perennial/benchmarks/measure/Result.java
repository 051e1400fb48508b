package dev.perennial.benchmarks.measure;

import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A row of a table.
 *
 * @param failure why there are no figures, if there are none
 */
public record Result(Contender contender, List<Round> rounds, Optional<String> failure) {

  public Result {
    rounds = List.copyOf(rounds);
  }

  /** Returns thousands of events per second. */
  Spread rate() {
    return spread(round -> round.steady().thousandsPerSecond());
  }

  /** Returns the client's processor time for an event, in µs. */
  Spread cpu() {
    return spread(round -> round.steady().cpuMicros());
  }

  /** Returns the same for the first events of a process. */
  Spread coldCpu() {
    return spread(round -> round.cold().cpuMicros());
  }

  /** Returns what the client allocates for an event, in bytes. */
  Spread bytes() {
    return spread(round -> round.steady().bytes());
  }

  /** Returns why there are no figures. */
  String reason() {
    return failure.orElse("no round was run");
  }

  boolean hasFailed() {
    return failure.isPresent() || rounds.isEmpty();
  }

  private Spread spread(ToDoubleFunction<Round> figure) {
    return Spread.of(rounds.stream().mapToDouble(figure));
  }
}
