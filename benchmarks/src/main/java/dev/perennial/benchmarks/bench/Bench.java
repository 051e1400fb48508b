package dev.perennial.benchmarks.bench;

import dev.perennial.benchmarks.measure.Comparison;
import dev.perennial.benchmarks.measure.Contender;
import dev.perennial.benchmarks.measure.Report;
import dev.perennial.benchmarks.measure.Trial;
import dev.perennial.benchmarks.mongo.MongoContender;
import dev.perennial.benchmarks.mongo.MongoSize;
import dev.perennial.benchmarks.mongo.MongoTrial;
import dev.perennial.benchmarks.tap.TapContender;
import dev.perennial.benchmarks.tap.TapTrial;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
          + " a process of their own, so it needs two idle processors. Without --tap and --mongo it"
          + " runs both."
    })
public final class Bench implements Callable<Integer> {

  private static final int ROUNDS = 5;
  private static final int QUICK_ROUNDS = 3;
  private static final int TAP_EVENTS = 1_000_000;
  private static final int QUICK_PART = 5;

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Option(names = "--tap", description = "Runs the clients of Tap.")
  private boolean tap;

  @Option(names = "--mongo", description = "Runs the clients of MongoDB.")
  private boolean mongo;

  @Option(names = "--quick", description = "Fewer rounds and events, for orientation.")
  private boolean quick;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description = "Runs these clients only: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> only = List.of();

  @Option(
      names = "--size",
      split = ",",
      paramLabel = "SIZE",
      description = "Runs these tables of MongoDB only: ${COMPLETION-CANDIDATES}.")
  private List<MongoSize> sizes = List.of(MongoSize.values());

  @Option(
      names = "--uri",
      paramLabel = "URI",
      description =
          "Reads from this MongoDB replica set instead of a simulated one. Creates a database and"
              + " drops it.")
  private @Nullable String uri;

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
      super(
          Stream.concat(
                  Arrays.stream(TapContender.values()), Arrays.stream(MongoContender.values()))
              .map(Contender::id)
              .toList());
    }
  }

  /** Runs it, and exits with its status. */
  public static void main(String[] args) {
    // There is no logger, which SLF4J would report.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.exit(
        new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    check();
    int runs = rounds > 0 ? rounds : quick ? QUICK_ROUNDS : ROUNDS;
    Comparison comparison = new Comparison(runs, jvm, System.err);
    boolean all = !tap && !mongo;
    List<Contender> ofTap = chosen(List.of(TapContender.values()));
    if ((tap || all) && !ofTap.isEmpty()) {
      try (TapTrial trial = new TapTrial(ofTap, events(TAP_EVENTS))) {
        run(comparison, trial, runs);
      }
    }
    for (MongoSize size : sizes) {
      List<Contender> ofMongo = chosen(size.contenders());
      if ((mongo || all) && !ofMongo.isEmpty()) {
        try (MongoTrial trial =
            new MongoTrial(size, ofMongo, Optional.ofNullable(uri), events(size.measured()))) {
          run(comparison, trial, runs);
        }
      }
    }
    return 0;
  }

  private static void run(Comparison comparison, Trial trial, int runs) {
    System.out.println(Report.of(trial, runs, comparison.run(trial)).table());
  }

  private int events(int usual) {
    return events > 0 ? events : quick ? usual / QUICK_PART : usual;
  }

  private List<Contender> chosen(List<? extends Contender> contenders) {
    List<Contender> chosen = new ArrayList<>(contenders);
    chosen.removeIf(contender -> !only.isEmpty() && !only.contains(contender.id()));
    return chosen;
  }

  private void check() {
    for (String name : only) {
      if (!new Names().contains(name)) {
        throw new ParameterException(
            spec.commandLine(),
            String.format(Locale.ROOT, "There is no client \"%s\". See --help.", name));
      }
    }
  }
}
