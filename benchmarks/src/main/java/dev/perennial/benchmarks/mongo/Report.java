package dev.perennial.benchmarks.mongo;

import dev.perennial.benchmarks.measure.Spread;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The figures of one reading, as tables. */
final class Report {

  /**
   * A loop's turn, and what the server used for it.
   *
   * @param serverMicros processor time, for an event
   */
  record Figures(Turn turn, double serverMicros) {}

  private static final List<Variant> OURS =
      Arrays.stream(Variant.values()).filter(Variant::isOurs).toList();

  private final Reading reading;
  private final Map<Size, Map<Variant, List<Figures>>> rounds;

  /**
   * @param rounds of each size and variant the same number
   */
  Report(Reading reading, Map<Size, Map<Variant, List<Figures>>> rounds) {
    this.reading = reading;
    this.rounds = new EnumMap<>(rounds);
  }

  void print(PrintStream out, List<Events> sizes) {
    for (Events events : sizes) {
      out.printf(
          Locale.ROOT,
          "%n%s, events of %,d bytes:%n%n"
              + "| loop | client CPU µs | of its Java threads | allocated B | k events/s | server CPU µs |%n"
              + "|---|---|---|---|---|---|%n",
          reading,
          events.bytes());
      for (Variant variant : Variant.values()) {
        out.printf(
            Locale.ROOT,
            "| %s | %s | %s | %,.0f | %s | %.1f |%n",
            variant.title,
            of(events.size(), variant, figures -> figures.turn().cpuMicros()).text(2),
            of(events.size(), variant, figures -> figures.turn().javaCpuMicros()).text(2),
            of(events.size(), variant, figures -> figures.turn().bytes()).median(),
            of(events.size(), variant, figures -> figures.turn().thousandsPerSecond()).text(0),
            of(events.size(), variant, Figures::serverMicros).median());
      }
      out.println();
      for (Variant ours : OURS) {
        for (Variant other : Variant.values()) {
          if (!other.isOurs()) {
            out.printf(
                "- CPU of %s / CPU of %s: %s%n",
                other.title, ours.title, ratio(events.size(), other, ours).text(2));
          }
        }
      }
    }
    out.flush();
  }

  private Spread of(Size size, Variant variant, ToDoubleFunction<Figures> figure) {
    return Spread.of(figures(size, variant).stream().mapToDouble(figure));
  }

  /** How many times the CPU of one loop another needs, in each round. */
  private Spread ratio(Size size, Variant dividend, Variant divisor) {
    List<Figures> above = figures(size, dividend);
    List<Figures> below = figures(size, divisor);
    return Spread.of(
        IntStream.range(0, above.size())
            .mapToDouble(i -> above.get(i).turn().cpuMicros() / below.get(i).turn().cpuMicros()));
  }

  private List<Figures> figures(Size size, Variant variant) {
    return rounds.getOrDefault(size, Map.of()).getOrDefault(variant, List.of());
  }
}
