package dev.perennial.benchmarks;

import java.util.Locale;
import java.util.stream.DoubleStream;

/** The lowest, the middle and the highest of a few figures. */
public record Spread(double lowest, double median, double highest) {

  /** Sorts figures, of which there must be one at least. */
  public static Spread of(DoubleStream figures) {
    double[] sorted = figures.sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }

  /** How far the highest is from the lowest, in per cent of the middle. */
  public double percent() {
    return 100 * (highest - lowest) / median;
  }

  /** For example {@code 1.52 [1.48–1.60]}. */
  public String text(int decimals) {
    String number = "%." + decimals + "f";
    return String.format(
        Locale.ROOT, number + " [" + number + "–" + number + "]", median, lowest, highest);
  }
}
