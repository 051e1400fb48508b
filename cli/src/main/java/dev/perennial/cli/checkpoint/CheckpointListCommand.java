package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.port.support.LogText;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code perennial checkpoint list} */
@Command(
    name = "list",
    description = "Prints the ids of the streams that have a checkpoint, one per line.",
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointListCommand implements Callable<Integer> {

  @Mixin private final StoreParameters parameters = new StoreParameters();

  @Override
  public Integer call() throws CommandFailedException {
    return parameters.with((checkpoints, out) -> {
      List<String> ids = checkpoints.streamIds();
      ids.forEach(id -> out.println(LogText.line(id)));
      if (ids.isEmpty()) {
        // Not on stdout, where each line is an id.
        parameters.note("there is no checkpoint");
      }
    });
  }
}
