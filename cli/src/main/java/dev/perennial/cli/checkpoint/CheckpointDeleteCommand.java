package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code perennial checkpoint delete} */
@Command(
    name = "delete",
    description = {
      "Deletes a stream's checkpoint: the stream then begins at its source's start.",
      "",
      "Refuses while a stream has the claim to it, be it a standby that has just taken over."
    },
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointDeleteCommand implements Callable<Integer> {

  @Mixin private final StreamParameters parameters = new StreamParameters();

  @Override
  public Integer call() throws Failure {
    return parameters.with((store, id, out) -> {
      boolean deleted = store.delete(id);
      if (deleted) {
        parameters.done("deleted", out);
      }
      return deleted;
    });
  }
}
