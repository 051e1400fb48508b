package dev.perennial.benchmarks.bench;

import dev.perennial.benchmarks.measure.Comparison;
import dev.perennial.benchmarks.measure.Contender;
import dev.perennial.benchmarks.measure.Report;
import dev.perennial.benchmarks.tap.TapContender;
import dev.perennial.benchmarks.tap.TapTrial;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ./perennial bench}. */
@Command(
    name = "perennial bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures Perennial beside other clients of the same server. The server and each client have"
          + " a process of their own, so it needs two idle processors."
    })
public final class Bench implements Callable<Integer> {

  private static final int ROUNDS = 5;
  private static final int QUICK_ROUNDS = 3;
  private static final int TAP_EVENTS = 1_000_000;
  private static final int QUICK_PART = 5;

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Option(names = "--quick", description = "Fewer rounds and events, for orientation.")
  private boolean quick;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description = "Runs these clients only: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> only = List.of();

  @Option(names = "--events", paramLabel = "N", description = "Measures N events in each round.")
  private int events;

  @Option(names = "--rounds", paramLabel = "N", description = "Runs N rounds. Default: 5.")
  private int rounds;

  @Option(
      names = "--jvm",
      paramLabel = "OPTION",
      description = "Adds an option to the clients' JVMs, for example that of a profiler.")
  private List<String> jvm = List.of();

  /** The names of all contenders. */
  static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1;

    Names() {
      super(Arrays.stream(TapContender.values()).map(Contender::id).toList());
    }
  }

  /** Runs it, and exits with its status. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    check();
    int count = events > 0 ? events : quick ? TAP_EVENTS / QUICK_PART : TAP_EVENTS;
    int runs = rounds > 0 ? rounds : quick ? QUICK_ROUNDS : ROUNDS;
    Comparison comparison = new Comparison(runs, jvm, System.err);
    List<Contender> contenders =
        Arrays.stream(TapContender.values())
            .filter(contender -> only.isEmpty() || only.contains(contender.id()))
            .collect(Collectors.toList());
    try (TapTrial trial = new TapTrial(contenders, count)) {
      System.out.println(Report.of(trial, runs, comparison.run(trial)).table());
    }
    return 0;
  }

  private void check() {
    for (String name : only) {
      if (!new Names().contains(name)) {
        throw new ParameterException(
            spec.commandLine(), "There is no client \"" + name + "\". See --help.");
      }
    }
  }
}
