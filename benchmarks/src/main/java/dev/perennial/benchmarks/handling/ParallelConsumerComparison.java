package dev.perennial.benchmarks.handling;

import dev.perennial.benchmarks.measure.Spread;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Compares handling in order per key with Confluent's parallel-consumer, in one process. The
 * engines take turns in an order that differs from round to round.
 *
 * <p>Its argument, if any: how many rounds are measured.
 */
public final class ParallelConsumerComparison {

  private static final int ROUNDS = 7;
  private static final int WARM_UP_ROUNDS = 2;

  private static final Load BUSY =
      new Load("Handlers that do nothing, 16 at once", 1_000_000, 16, Duration.ZERO);
  private static final Load WAITING =
      new Load("Handlers that wait for 5 ms, 256 at once", 20_000, 256, Duration.ofMillis(5));

  /**
   * The consumer gives twice the buffer ahead: enough that the engine never lacks records, and few
   * because the engine scans the keys of all of them. The default buffer grows to 1,600 records
   * with 16 handlers.
   */
  static final List<HandlingEngine> ENGINES =
      List.of(
          new PerennialStream(1_024),
          new PerennialStream(16_384),
          new ParallelConsumer(0, 3_200),
          new ParallelConsumer(1_024, 2_048),
          new ParallelConsumer(16_384, 32_768));

  /** The control has one thread, so it is only for handlers that do not wait. */
  static final List<HandlingEngine> ENGINES_AND_CONTROL =
      Stream.concat(ENGINES.stream(), Stream.of(new ConsumerAlone())).toList();

  private final Random order = new Random(1);
  private final PrintStream out;

  ParallelConsumerComparison(PrintStream out) {
    this.out = out;
  }

  /**
   * Runs it.
   *
   * @throws InterruptedException if its thread is interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : ROUNDS;
    ParallelConsumerComparison comparison = new ParallelConsumerComparison(System.out);
    comparison.compare(BUSY, ENGINES_AND_CONTROL, WARM_UP_ROUNDS, rounds);
    comparison.compare(WAITING, ENGINES, WARM_UP_ROUNDS, rounds);
    System.exit(0);
  }

  /** Prints a table of what each engine took for a load, and beside the first of them. */
  void compare(Load load, List<HandlingEngine> engines, int warmUpRounds, int rounds)
      throws InterruptedException {
    Map<HandlingEngine, List<Turn>> turns = new LinkedHashMap<>();
    engines.forEach(engine -> turns.put(engine, new ArrayList<>()));
    for (int round = -warmUpRounds; round < rounds; round++) {
      List<HandlingEngine> inTurn = new ArrayList<>(engines);
      Collections.shuffle(inTurn, order);
      for (HandlingEngine engine : inTurn) {
        Turn turn = new Turn(load);
        System.gc();
        engine.run(turn);
        if (turn.handled() != load.events()) {
          throw new IllegalStateException(engine + " handled " + turn.handled() + " events");
        }
        if (round >= 0) {
          Objects.requireNonNull(turns.get(engine)).add(turn);
        }
      }
    }
    print(load, turns);
  }

  private void print(Load load, Map<HandlingEngine, List<Turn>> turns) {
    out.printf(
        Locale.ROOT,
        "%n%s, %,d events, Java %s, load average at the end %.1f:%n%n"
            + "| | k events/s | spread | times slower than the first | CPU µs | times the CPU of the first |%n"
            + "|---|---|---|---|---|---|%n",
        load.title(),
        load.events(),
        Runtime.version(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    List<Turn> first = turns.values().iterator().next();
    turns.forEach((engine, its) -> {
      Spread speed = of(its, Turn::thousandsPerSecond);
      out.printf(
          Locale.ROOT,
          "| %s | %s | %.0f %% | %s | %s | %s |%n",
          engine.title(),
          speed.text(0),
          speed.percent(),
          ratio(first, its, Turn::thousandsPerSecond).text(1),
          of(its, Turn::cpuMicros).text(2),
          ratio(its, first, Turn::cpuMicros).text(1));
    });
    out.flush();
  }

  /** The ratio of one engine's figure to another's, in each round. */
  private static Spread ratio(
      List<Turn> dividend, List<Turn> divisor, ToDoubleFunction<Turn> figure) {
    return Spread.of(
        IntStream.range(0, dividend.size())
            .mapToDouble(
                i -> figure.applyAsDouble(dividend.get(i)) / figure.applyAsDouble(divisor.get(i))));
  }

  private static Spread of(List<Turn> turns, ToDoubleFunction<Turn> figure) {
    return Spread.of(turns.stream().mapToDouble(figure));
  }
}
