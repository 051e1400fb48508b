package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.Failure;
import dev.perennial.port.CheckpointException;
import dev.perennial.port.LogText;
import java.io.PrintWriter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What the commands about one stream's checkpoint need to know: where it is, and whose. */
final class StreamParameters {

  /** What is to be done with the checkpoint. */
  interface Work {

    /** Does it, and says whether there is such a checkpoint. */
    boolean run(ManagedStore store, String streamId, PrintWriter out) throws CheckpointException;
  }

  @Mixin private final StoreParameters parameters = new StoreParameters();

  @Parameters(index = "1", paramLabel = "ID", description = "The id of the stream.")
  @SuppressWarnings("NullAway.Init") // by picocli
  private String id;

  /** Says what was done with the checkpoint. */
  void done(String what, PrintWriter out) {
    out.println(what + " the checkpoint \"" + LogText.line(id) + "\" in " + parameters.location());
  }

  /** Opens the store, does the work, and tells what went wrong in one line. */
  int with(Work work) throws Failure {
    return parameters.with((store, out) -> {
      if (!work.run(store, id, out)) {
        throw parameters.missing(id, store);
      }
    });
  }
}
