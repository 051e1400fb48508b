package dev.perennial.examples.cli.checkpoint;

import dev.perennial.examples.cli.console.Failure;
import dev.perennial.examples.cli.console.Printable;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial checkpoint list} */
@Command(
    name = "list",
    description = "Prints the ids of the streams that have a checkpoint, one a line.",
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointListCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final StoreParameters parameters = new StoreParameters();

  @Override
  public Integer call() throws Failure {
    return parameters.with(
        spec,
        store -> {
          PrintWriter out = spec.commandLine().getOut();
          store.streamIds().forEach(id -> out.println(Printable.line(id)));
          out.flush();
          return 0;
        });
  }
}
