package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.port.Checkpoint;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code perennial checkpoint show} */
@Command(
    name = "show",
    description = "Shows a stream's checkpoint, also while the stream runs.",
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointShowCommand implements Callable<Integer> {

  @Mixin private final StreamParameters parameters = new StreamParameters();

  @Override
  public Integer call() throws CommandFailedException {
    return parameters.with((checkpoints, id, out) -> {
      Checkpoint checkpoint = checkpoints.load(id).orElse(null);
      if (checkpoint == null) {
        return false;
      }
      CheckpointText.lines(id, checkpoint).forEach(out::println);
      return true;
    });
  }
}
