package dev.perennial.benchmarks.bench;

import dev.perennial.benchmarks.CpuProfiler;
import dev.perennial.benchmarks.EngineBenchmark;
import dev.perennial.benchmarks.measure.Chart;
import dev.perennial.benchmarks.measure.Comparison;
import dev.perennial.benchmarks.measure.Contender;
import dev.perennial.benchmarks.measure.JsonReport;
import dev.perennial.benchmarks.measure.Machine;
import dev.perennial.benchmarks.measure.Report;
import dev.perennial.benchmarks.measure.Trial;
import dev.perennial.benchmarks.mongo.MongoSize;
import dev.perennial.benchmarks.mongo.MongoTrial;
import dev.perennial.benchmarks.tap.TapProbes;
import dev.perennial.benchmarks.tap.TapTrial;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ./perennial bench}. */
@Command(
    name = "perennial bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    description = {
      "Measures Perennial beside other clients of the same server, for Tap and for MongoDB. The"
          + " server and each client have a process of their own, so it needs two idle processors."
    })
public final class Bench implements Callable<Integer> {

  private static final int TAP_EVENTS = 1_000_000;
  private static final int FAILED = 1;

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final BenchOptions options = new BenchOptions();

  private final PrintStream out;
  private final PrintStream progress;

  Bench(PrintStream out, PrintStream progress) {
    this.out = out;
    this.progress = progress;
  }

  /** Runs it, and exits with its status. */
  public static void main(String[] args) {
    // There is no logger, which SLF4J would report.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.exit(commandLine(new Bench(System.out, System.err)).execute(args));
  }

  static CommandLine commandLine(Bench bench) {
    return new CommandLine(bench)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((mistake, arguments) -> {
          CommandLine command = mistake.getCommandLine();
          command.getErr().println("perennial: " + mistake.getMessage());
          command.getErr().println("See " + command.getCommandName() + " --help.");
          return command.getCommandSpec().exitCodeOnInvalidInput();
        })
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          command.getErr().println("perennial: " + failure);
          return FAILED;
        });
  }

  @Override
  public Integer call() throws IOException {
    options.check(spec.commandLine());
    Machine machine = Machine.current();
    if (!machine.warning().isEmpty()) {
      progress.println(machine.warning());
    }
    out.println(machine.text());
    if (options.engine) {
      runEngine();
    }
    if (options.hasProbes()) {
      runProbes();
    }
    return options.engine || options.hasProbes() ? 0 : compare(machine);
  }

  /** Lets JMH measure, in processes of its own. */
  private void runEngine() throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                EngineBenchmark.class.getSimpleName(),
                "-prof",
                "gc",
                "-prof",
                CpuProfiler.class.getName()));
    if (options.quick || options.rounds != null) {
      arguments.addAll(List.of("-f", options.rounds == null ? "1" : options.rounds.toString()));
    }
    if (options.json != null) {
      arguments.addAll(List.of("-rf", "json", "-rff", options.json.toString()));
    }
    org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
  }

  private void runProbes() throws IOException {
    try (TapProbes probes = new TapProbes(out, options.quick)) {
      if (options.latency) {
        probes.latency();
      }
      if (options.reconnect) {
        probes.reconnect();
      }
      if (options.memory) {
        probes.memory();
      }
      if (options.streams) {
        probes.streams();
      }
      if (options.window) {
        probes.window();
      }
    }
  }

  private int compare(Machine machine) throws IOException {
    List<Report> reports = new ArrayList<>();
    List<Contender> ofTap = options.ofTap();
    if (!ofTap.isEmpty()) {
      try (TapTrial trial = new TapTrial(ofTap, options.events(TAP_EVENTS))) {
        reports.add(report(trial));
      }
    }
    for (MongoSize size : options.sizes()) {
      List<Contender> ofMongo = options.ofMongo(size);
      if (!ofMongo.isEmpty()) {
        try (MongoTrial trial =
            new MongoTrial(
                size, ofMongo, Optional.ofNullable(options.uri), options.events(size.measured()))) {
          reports.add(report(trial));
        }
      }
    }
    if (options.json != null) {
      Files.writeString(options.json, JsonReport.of(machine, reports), StandardCharsets.UTF_8);
    }
    if (options.chart != null) {
      Files.writeString(options.chart, Chart.of(machine, reports), StandardCharsets.UTF_8);
    }
    return reports.stream().anyMatch(Report::hasFailures) ? FAILED : 0;
  }

  private Report report(Trial trial) {
    int rounds = options.rounds();
    Report report =
        Report.of(trial, rounds, new Comparison(rounds, options.jvm, progress).run(trial));
    out.println();
    out.print(report.table());
    out.flush();
    return report;
  }
}
