package dev.perennial.benchmarks.measure;

import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reports for tests. */
final class Reports {

  static final Machine MACHINE =
      new Machine(LocalDate.of(2026, 11, 29), 2, "a <fast> processor", "Linux", "Java 25", 0.1);

  private Reports() {}

  /** A report on a reference with 2 µs an event in each round, and on others. */
  static Report of(Result... others) {
    Result reference = result(Clients.OURS, 2, 2, 2, 2, 2);
    List<Result> all = Stream.concat(Stream.of(reference), Arrays.stream(others)).toList();
    return new Report("tap", "Events of 452 B", Clients.OURS, reference.rounds().size(), all);
  }

  /** A result with so many µs of processor time and of elapsed time for an event in each round. */
  static Result result(Contender contender, double... micros) {
    return new Result(
        contender,
        Arrays.stream(micros).mapToObj(each -> new Round(usage(3 * each), usage(each))).toList(),
        Optional.empty());
  }

  static Result failed(Contender contender, String reason) {
    return new Result(contender, List.of(), Optional.of(reason));
  }

  private static Usage usage(double micros) {
    long nanos = (long) (micros * 1_000_000);
    return new Usage(1_000, nanos, nanos, 500_000, 0);
  }
}
