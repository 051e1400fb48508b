package dev.perennial.benchmarks.measure;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The table of a trial, in Markdown. Figures are medians with the lowest and the highest round. A
 * figure that spreads too far has no ratio, and a contender that failed has no figures.
 *
 * @param results of the contenders, in the order of the table
 */
public record Report(
    String name, String title, Contender reference, int rounds, List<Result> results) {

  /** With fewer rounds the figures are for orientation only. */
  static final int LEAST_ROUNDS = 5;

  private static final String NONE = "–";

  public Report {
    results = List.copyOf(results);
  }

  /** Creates the report of a trial. */
  public static Report of(Trial trial, int rounds, List<Result> results) {
    return new Report(trial.name(), trial.title(), trial.reference(), rounds, results);
  }

  /**
   * Returns how the rate of a contender compares with that of the reference, if both are stable.
   */
  Optional<Double> rateRatio(Result result) {
    return ratio(result.rate(), base().map(Result::rate));
  }

  /** Returns whether a contender has failed. */
  public boolean hasFailures() {
    return results.stream().anyMatch(Result::hasFailed);
  }

  /** Returns how the processor time of a contender compares with that of the reference. */
  Optional<Double> cpuRatio(Result result) {
    return ratio(result.cpu(), base().map(Result::cpu));
  }

  private Optional<Double> ratio(Spread figure, Optional<Spread> other) {
    return other
        .filter(divisor -> rounds >= LEAST_ROUNDS && divisor.isStable() && figure.isStable())
        .map(divisor -> figure.median() / divisor.median());
  }

  private Optional<Result> base() {
    return results.stream()
        .filter(result -> result.contender().equals(reference) && !result.hasFailed())
        .findFirst();
  }

  /** Returns the table with its heading. */
  public String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "## %s%n%n%s. Ratios are to %s.%n%n"
                + "| client | k events/s | ratio | CPU µs per event | ratio | CPU µs of the first %,d | allocated B |%n"
                + "|---|---|---|---|---|---|---|%n",
            title,
            roundsText() + (rounds == 1 ? "" : ", median [lowest–highest]"),
            reference.title(),
            firstEvents()));
    results.forEach(result -> text.append(row(result)).append(System.lineSeparator()));
    text.append(notes());
    return text.toString();
  }

  String roundsText() {
    return rounds == 1 ? "1 round" : rounds + " rounds";
  }

  private long firstEvents() {
    return results.stream()
        .flatMap(result -> result.rounds().stream())
        .mapToLong(round -> round.cold().events())
        .max()
        .orElse(0);
  }

  private String row(Result result) {
    if (result.hasFailed()) {
      return String.format(
          "| %s | failed: %s | | | | | |",
          result.contender().title(), result.reason().replace('|', '/'));
    }
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s | %s | %,.0f |",
        result.contender().title(),
        figure(result.rate(), 0),
        ratio(rateRatio(result)),
        figure(result.cpu(), 2),
        ratio(cpuRatio(result)),
        result.coldCpu().text(2),
        result.bytes().median());
  }

  private static String figure(Spread spread, int decimals) {
    return spread.text(decimals)
        + (spread.isStable()
            ? ""
            : String.format(Locale.ROOT, " (spread %.0f %%)", spread.percent()));
  }

  private static String ratio(Optional<Double> ratio) {
    return ratio.map(value -> String.format(Locale.ROOT, "%.2f", value)).orElse(NONE);
  }

  private String notes() {
    StringBuilder text = new StringBuilder();
    if (rounds < LEAST_ROUNDS) {
      text.append(
          String.format(
              "%nThere are no ratios with fewer than %d rounds. The figures are for orientation.%n",
              LEAST_ROUNDS));
    } else if (results.stream()
        .anyMatch(result ->
            !result.hasFailed() && !(result.rate().isStable() && result.cpu().isStable()))) {
      text.append(
          String.format(
              "%nA figure that spreads by more than %d %% is no result and has no ratio. Run it on an idle machine.%n",
              Spread.LIMIT_PERCENT));
    }
    return text.toString();
  }
}
