package dev.perennial.examples.cli.tail;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial tail}: one command below it for each kind of source. */
@Command(
    name = "tail",
    description = "Prints the events of a stream, one a line.",
    subcommands = {TailTapCommand.class, TailMongoCommand.class},
    synopsisSubcommandLabel = "SOURCE")
public final class TailCommand implements Runnable {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Say what to print.");
  }
}
