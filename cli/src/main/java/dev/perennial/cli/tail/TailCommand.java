package dev.perennial.cli.tail;

import dev.perennial.cli.console.CommandGroup;
import picocli.CommandLine.Command;

/** {@code perennial tail}: one subcommand for each kind of source. */
@Command(
    name = "tail",
    description = "Prints the events of a stream, one per line.",
    subcommands = {TailTapCommand.class, TailMongoCommand.class},
    synopsisSubcommandLabel = "SOURCE")
public final class TailCommand extends CommandGroup {}
