package dev.perennial.cli;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code perennial bench}: an entry of the help only. The launcher starts the benchmarks, which
 * have a jar of their own, because this program must not contain the libraries that they compare
 * with.
 */
@Command(
    name = "bench",
    description = {
      "Measures Perennial beside other clients.",
      "",
      "Runs from a clone only. @|bold ./perennial bench --help|@ prints its options."
    })
final class BenchCommand implements Callable<Integer> {

  @Parameters(arity = "0..*", hidden = true)
  @SuppressWarnings("UnusedVariable") // by picocli
  private List<String> ignored = List.of();

  @Override
  public Integer call() throws CommandFailedException {
    throw new CommandFailedException(
        ExitStatus.FAILED,
        "Cannot run the benchmarks: they are not in this program. Run ./perennial bench in a clone"
            + " of the repository.",
        null);
  }
}
