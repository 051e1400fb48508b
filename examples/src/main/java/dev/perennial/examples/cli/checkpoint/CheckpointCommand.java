package dev.perennial.examples.cli.checkpoint;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial checkpoint}: what can be done with checkpoints while no stream runs. */
@Command(
    name = "checkpoint",
    description = "Lists, shows and deletes checkpoints, in a directory or in Redis.",
    subcommands = {
      CheckpointListCommand.class,
      CheckpointShowCommand.class,
      CheckpointDeleteCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class CheckpointCommand implements Runnable {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do.");
  }
}
