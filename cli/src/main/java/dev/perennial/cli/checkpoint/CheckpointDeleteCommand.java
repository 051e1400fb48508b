package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.CommandFailedException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code perennial checkpoint delete} */
@Command(
    name = "delete",
    description = {
      "Deletes a stream's checkpoint, so that the stream begins at its source's start.",
      "",
      "Fails while a stream holds the claim, also if it is a standby that has just taken over."
    },
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointDeleteCommand implements Callable<Integer> {

  @Mixin private final StreamParameters parameters = new StreamParameters();

  @Override
  public Integer call() throws CommandFailedException {
    return parameters.with((checkpoints, id, out) -> {
      boolean deleted = checkpoints.delete(id);
      if (deleted) {
        out.println("deleted the " + parameters.checkpoint());
      }
      return deleted;
    });
  }
}
