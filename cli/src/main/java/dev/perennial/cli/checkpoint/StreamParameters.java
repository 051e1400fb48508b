package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.port.CheckpointAdmin;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.CheckpointStore;
import dev.perennial.port.support.LogText;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The parameters of the commands on one checkpoint: its location and its stream. */
final class StreamParameters {

  /** An action on a checkpoint, which prints its result. */
  interface Action {

    /** Runs the action, and returns whether the checkpoint exists. */
    boolean run(CheckpointAdmin checkpoints, String streamId, PrintWriter out)
        throws CheckpointException, CommandFailedException;
  }

  @Mixin private final StoreParameters parameters = new StoreParameters();

  @Parameters(index = "1", paramLabel = "ID", description = "The id of the stream.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private String id;

  /** Returns the name and the location of the checkpoint, for a line of output. */
  String checkpoint() {
    return "checkpoint \"" + LogText.line(id) + "\" in " + parameters.location();
  }

  /** Opens another store, for the same stream: see {@link StoreParameters#open}. */
  CheckpointStore open(CheckpointLocation where, @Nullable String prefix, String option) {
    return parameters.open(where, prefix, option);
  }

  /** Opens the store and runs the action; turns errors into one line for the user. */
  int with(Action action) throws CommandFailedException {
    return parameters.with((checkpoints, out) -> {
      if (!action.run(checkpoints, id, out)) {
        throw parameters.missing(id, checkpoints);
      }
    });
  }
}
