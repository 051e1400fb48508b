package dev.perennial.examples.cli.checkpoint;

import dev.perennial.examples.cli.console.Failure;
import dev.perennial.port.LogText;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code perennial checkpoint list} */
@Command(
    name = "list",
    description = "Prints the ids of the streams that have a checkpoint, one a line.",
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointListCommand implements Callable<Integer> {

  @Mixin private final StoreParameters parameters = new StoreParameters();

  @Override
  public Integer call() throws Failure {
    return parameters.with(
        (store, out) -> store.streamIds().forEach(id -> out.println(LogText.line(id))));
  }
}
