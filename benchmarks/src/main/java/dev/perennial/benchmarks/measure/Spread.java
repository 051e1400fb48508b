package dev.perennial.benchmarks.measure;

import java.util.Locale;
import java.util.stream.DoubleStream;

/** The lowest, the median and the highest of a few figures. */
public record Spread(double lowest, double median, double highest) {

  /** The most, in per cent of the median, at which a median is a result. */
  static final int LIMIT_PERCENT = 15;

  /** Sorts figures, of which there must be one at least. */
  public static Spread of(DoubleStream figures) {
    double[] sorted = figures.sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }

  /** Returns how far the highest is from the lowest, in per cent of the median. */
  public double percent() {
    return 100 * (highest - lowest) / median;
  }

  /** Returns whether the median is a result. */
  boolean isStable() {
    return percent() <= LIMIT_PERCENT;
  }

  /** For example {@code 1.52 [1.48–1.60]}, or {@code 1.52} if all figures are the same. */
  public String text(int decimals) {
    if (lowest == highest) {
      return String.format(Locale.ROOT, "%,." + decimals + "f", median);
    }
    String number = "%,." + decimals + "f";
    return String.format(
        Locale.ROOT, number + " [" + number + "–" + number + "]", median, lowest, highest);
  }
}
