package dev.perennial.cli.deadletter;

import dev.perennial.cli.console.CommandGroup;
import picocli.CommandLine.Command;

/** {@code perennial deadletter} */
@Command(
    name = "deadletter",
    description = "Lists, shows and retries the dead letters in a directory.",
    subcommands = {
      DeadLetterListCommand.class,
      DeadLetterShowCommand.class,
      DeadLetterRetryCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class DeadLetterCommand extends CommandGroup {}
