package dev.perennial.benchmarks.mongo;

import java.util.Locale;
import java.util.stream.DoubleStream;

/** The lowest, the middle and the highest of a few figures. */
record Spread(double lowest, double median, double highest) {

  static Spread of(DoubleStream figures) {
    double[] sorted = figures.sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }

  /** For example {@code 1.52 [1.48–1.60]}. */
  String text(int decimals) {
    String number = "%." + decimals + "f";
    return String.format(
        Locale.ROOT, number + " [" + number + "–" + number + "]", median, lowest, highest);
  }
}
