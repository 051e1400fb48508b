package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.port.Checkpoint;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.support.LogText;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code perennial checkpoint copy} */
@Command(
    name = "copy",
    description = {
      "Copies a stream's checkpoint to another store, for example from a directory to Redis. The"
          + " stream resumes there as if it had saved there.",
      "",
      "Stop the stream first: a running one goes on saving to LOCATION. Fails while a stream holds"
          + " the claim in TO."
    },
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointCopyCommand implements Callable<Integer> {

  @Mixin private final StreamParameters parameters = new StreamParameters();

  @Parameters(
      index = "2",
      paramLabel = "TO",
      converter = LocationConverter.class,
      description = "Where to copy it: " + CheckpointLocation.FORM + ".")
  @SuppressWarnings("NullAway.Init") // by picocli
  private CheckpointLocation to;

  @Option(
      names = "--to-prefix",
      paramLabel = "TEXT",
      description = "The prefix of the keys in the Redis at TO, if the streams set one.")
  private @Nullable String toPrefix;

  @Option(
      names = "--replace",
      description = "Replace the checkpoint that the stream has in TO, if there is one.")
  private boolean replace;

  @Override
  public Integer call() throws CommandFailedException {
    return parameters.with((checkpoints, id, out) -> {
      Checkpoint checkpoint = checkpoints.load(id).orElse(null);
      if (checkpoint == null) {
        return false;
      }
      try (CheckpointStore target = parameters.open(to, toPrefix, "--to-prefix")) {
        put(id, checkpoint, target.admin().orElseThrow());
      }
      out.println("copied the " + parameters.checkpoint() + " to " + to);
      return true;
    });
  }

  private void put(String id, Checkpoint checkpoint, CheckpointAdmin target)
      throws CheckpointException, CommandFailedException {
    if (!replace && target.load(id).isPresent()) {
      throw new CommandFailedException(
          ExitStatus.FAILED,
          "Cannot copy checkpoint \"%s\" to %s: the stream has one there. Look at it with perennial checkpoint show, and replace it with --replace."
              .formatted(LogText.line(id), to),
          null);
    }
    target.put(id, checkpoint);
  }
}
