package dev.perennial.cli.checkpoint;

import dev.perennial.cli.console.CommandGroup;
import picocli.CommandLine.Command;

/** {@code perennial checkpoint}: lists, shows, copies and deletes checkpoints. */
@Command(
    name = "checkpoint",
    description = "Lists, shows, copies and deletes checkpoints, in a directory or in Redis.",
    subcommands = {
      CheckpointListCommand.class,
      CheckpointShowCommand.class,
      CheckpointCopyCommand.class,
      CheckpointDeleteCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class CheckpointCommand extends CommandGroup {}
