package dev.perennial.benchmarks.bench;

import dev.perennial.benchmarks.measure.Contender;
import dev.perennial.benchmarks.mongo.MongoContender;
import dev.perennial.benchmarks.mongo.MongoSize;
import dev.perennial.benchmarks.tap.TapContender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code ./perennial bench}, which picocli sets. */
final class BenchOptions {

  private static final int ROUNDS = 5;
  private static final int QUICK_ROUNDS = 3;
  private static final int QUICK_PART = 5;
  private static final String UNWRITABLE = ": it is a folder, or its folder does not exist";

  @Option(names = "--tap", description = "Only the clients of Tap.")
  private boolean tap;

  @Option(names = "--mongo", description = "Only the clients of MongoDB.")
  private boolean mongo;

  @Option(
      names = "--quick",
      description = "3 rounds, and a fifth of the events or less, for orientation only.")
  boolean quick;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description = "Only these clients: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> only = List.of();

  @Option(
      names = "--size",
      split = ",",
      paramLabel = "SIZE",
      description = "Only these tables of MongoDB: ${COMPLETION-CANDIDATES}.")
  private List<MongoSize> sizes = List.of(MongoSize.values());

  @Option(
      names = "--uri",
      paramLabel = "URI",
      description =
          "Read from this MongoDB replica set instead of a simulated one. Creates a database in it,"
              + " and drops it at the end.")
  @Nullable String uri;

  @Option(
      names = "--events",
      paramLabel = "N",
      description = "How many events are measured in each round.")
  private @Nullable Integer events;

  @Option(names = "--rounds", paramLabel = "N", description = "How many rounds. Default: 5.")
  @Nullable Integer rounds;

  @Option(names = "--json", paramLabel = "FILE", description = "Write all figures to a file.")
  @Nullable Path json;

  @Option(names = "--chart", paramLabel = "FILE", description = "Write a chart (SVG) to a file.")
  @Nullable Path chart;

  @Option(
      names = "--jvm",
      paramLabel = "OPTION",
      description = "Add an option to the clients' JVMs, for example one of a profiler.")
  List<String> jvm = List.of();

  @Option(
      names = "--engine",
      description = "Only the engine alone, with JMH and a source that costs nothing.")
  boolean engine;

  @Option(
      names = "--latency",
      description = "Only the latency of Tap's events and acks at 1,000 events a second.")
  boolean latency;

  @Option(names = "--reconnect", description = "Only the time from a cut to the next event.")
  boolean reconnect;

  @Option(names = "--memory", description = "Only the memory of a stream nobody takes from.")
  boolean memory;

  @Option(names = "--streams", description = "Only 1, 10, 100 and 1,000 streams in one JVM.")
  boolean streams;

  @Option(names = "--window", description = "Only a window of 1,000,000 events.")
  boolean window;

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

  boolean hasProbes() {
    return latency || reconnect || memory || streams || window;
  }

  int rounds() {
    return rounds != null ? rounds : quick ? QUICK_ROUNDS : ROUNDS;
  }

  int events(int usual) {
    return events != null ? events : quick ? usual / QUICK_PART : usual;
  }

  /** Returns the contenders of Tap to run; empty if there are none. */
  List<Contender> ofTap() {
    return mongo && !tap ? List.of() : chosen(List.of(TapContender.values()));
  }

  /** Returns the tables of MongoDB to run. */
  List<MongoSize> sizes() {
    return tap && !mongo ? List.of() : sizes;
  }

  /** Returns the contenders of a table to run; empty if there are none. */
  List<Contender> ofMongo(MongoSize size) {
    return chosen(size.contenders());
  }

  private List<Contender> chosen(List<? extends Contender> contenders) {
    List<Contender> chosen = new ArrayList<>(contenders);
    chosen.removeIf(contender -> !only.isEmpty() && !only.contains(contender.id()));
    return chosen;
  }

  /**
   * Refuses what picocli accepts and makes no sense.
   *
   * @throws ParameterException if something is wrong
   */
  void check(CommandLine command) {
    refuse(command, events != null && events < 1, "--events must be at least 1");
    refuse(command, rounds != null && rounds < 1, "--rounds must be at least 1");
    List<String> names = new Names();
    for (String name : only) {
      refuse(
          command,
          !names.contains(name),
          "There is no client \"" + name + "\". There are " + String.join(", ", names));
    }
    refuse(
        command,
        ofTap().isEmpty() && sizes().stream().allMatch(size -> ofMongo(size).isEmpty()),
        "--only names no client of what is run");
    refuse(
        command,
        uri != null && sizes().isEmpty(),
        "--uri is for MongoDB, and --tap leaves that out");
    refuse(command, isUnwritable(json), "Cannot write to --json " + json + UNWRITABLE);
    refuse(command, isUnwritable(chart), "Cannot write to --chart " + chart + UNWRITABLE);
  }

  private static boolean isUnwritable(@Nullable Path file) {
    return file != null
        && (Files.isDirectory(file)
            || !Files.isDirectory(file.toAbsolutePath().resolveSibling(".")));
  }

  private static void refuse(CommandLine command, boolean wrong, String message) {
    if (wrong) {
      throw new ParameterException(command, message + '.');
    }
  }
}
