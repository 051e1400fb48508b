package dev.perennial.examples.cli.checkpoint;

import dev.perennial.examples.cli.console.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final StoreParameters parameters = new StoreParameters();

  @Parameters(index = "1", paramLabel = "ID", description = "The id of the stream.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private String id;

  @Override
  public Integer call() throws Failure {
    return parameters.with(
        spec,
        store -> {
          if (!store.delete(id)) {
            throw parameters.missing(id, store);
          }
          return 0;
        });
  }
}
