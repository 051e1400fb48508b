package dev.perennial.benchmarks.measure;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * The rounds of a trial. In each round every contender has a turn in a new process, in another
 * order each time.
 */
public final class Comparison {

  private final int rounds;
  private final List<String> options;
  private final PrintStream progress;
  private final Random order = new Random(1);

  /**
   * @param options options of the contenders' JVMs besides those that all have
   */
  public Comparison(int rounds, List<String> options, PrintStream progress) {
    this.rounds = rounds;
    this.options = List.copyOf(options);
    this.progress = progress;
  }

  /** Runs a trial. A contender that fails is left out of the rounds that follow. */
  public List<Result> run(Trial trial) {
    Map<Contender, List<Round>> all = new LinkedHashMap<>();
    Map<Contender, String> failures = new LinkedHashMap<>();
    trial.contenders().forEach(contender -> all.put(contender, new ArrayList<>()));
    for (int number = 1; number <= rounds; number++) {
      List<Contender> turns = new ArrayList<>(all.keySet());
      Collections.shuffle(turns, order);
      for (Contender contender : turns) {
        if (!failures.containsKey(contender)) {
          String what =
              trial.name() + ", round " + number + " of " + rounds + ": " + contender.id();
          try {
            Round round = round(trial, contender);
            all.getOrDefault(contender, new ArrayList<>()).add(round);
            progress.printf(
                Locale.ROOT,
                "%s: %,.0f k events/s, %.2f µs%n",
                what,
                round.steady().thousandsPerSecond(),
                round.steady().cpuMicros());
          } catch (IOException e) {
            failures.put(contender, String.valueOf(e.getMessage()));
            progress.printf("%s: failed: %s%n", what, e.getMessage());
          }
        }
      }
    }
    return all.entrySet().stream()
        .map(entry ->
            new Result(
                entry.getKey(),
                entry.getValue(),
                Optional.ofNullable(failures.get(entry.getKey()))))
        .toList();
  }

  private Round round(Trial trial, Contender contender) throws IOException {
    try (ContenderProcess process = new ContenderProcess(contender, trial.server(), options)) {
      List<Usage> warmUps = new ArrayList<>();
      for (int events : trial.warmUps()) {
        warmUps.add(trial.run(contender, process, events));
      }
      return new Round(warmUps.get(0), trial.run(contender, process, trial.events()));
    }
  }
}
