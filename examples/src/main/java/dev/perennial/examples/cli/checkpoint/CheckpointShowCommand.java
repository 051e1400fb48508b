package dev.perennial.examples.cli.checkpoint;

import dev.perennial.examples.cli.console.Failure;
import dev.perennial.port.Checkpoint;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code perennial checkpoint show} */
@Command(
    name = "show",
    description = "Shows a stream's checkpoint, also while the stream runs.",
    footer = StoreParameters.EXIT_STATUS)
final class CheckpointShowCommand implements Callable<Integer> {

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
          Optional<Checkpoint> checkpoint = store.load(id);
          if (checkpoint.isEmpty()) {
            throw parameters.missing(id, store);
          }
          PrintWriter out = spec.commandLine().getOut();
          CheckpointText.lines(id, checkpoint.get()).forEach(out::println);
          out.flush();
          return 0;
        });
  }
}
