package dev.perennial.cli;

import dev.perennial.cli.checkpoint.CheckpointCommand;
import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.CommandGroup;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Terminal;
import dev.perennial.cli.deadletter.DeadLetterCommand;
import dev.perennial.cli.demo.DemoCommand;
import dev.perennial.cli.tail.TailCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line. A new command is a class and a line in {@code subcommands}. */
@Command(
    name = "perennial",
    description = "Consumes event streams that must not lose anything.",
    subcommands = {
      DemoCommand.class,
      TailCommand.class,
      CheckpointCommand.class,
      DeadLetterCommand.class,
      BenchCommand.class,
      HelpCommand.class
    },
    scope = CommandLine.ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Perennial extends CommandGroup {

  /** The property for the log level of Perennial, which {@code logback.xml} reads. */
  private static final String LOG_LEVEL = "perennial.log";

  private static final String LIBRARIES_LOG_LEVEL = "perennial.log.libraries";

  /** Runs a command and exits with its status. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    return commandLine(new CommandLine(new Perennial())).setOut(Terminal.writer()).execute(args);
  }

  /** Adds the error handling that all commands share. */
  public static CommandLine commandLine(CommandLine commands) {
    return commands
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          printError(command, failure);
          return failure instanceof CommandFailedException known
              ? known.status()
              : ExitStatus.FAILED;
        })
        .setParameterExceptionHandler((mistake, arguments) -> {
          CommandLine command = mistake.getCommandLine();
          printError(command, mistake);
          UnmatchedArgumentException.printSuggestions(mistake, command.getErr());
          // Not the help itself, which is so long that it would hide the error.
          command.getErr().println("See " + command.getCommandSpec().qualifiedName() + " --help.");
          return command.getCommandSpec().exitCodeOnInvalidInput();
        });
  }

  private static void printError(CommandLine command, Throwable failure) {
    command
        .getErr()
        .println(command.getColorScheme().errorText(CommandFailedException.describe(failure)));
  }

  @Option(
      names = "--verbose",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Log to stderr.")
  @SuppressWarnings("UnusedMethod") // by picocli
  private void setVerbose(boolean verbose) {
    // Runs before the first logger is created, which reads the properties.
    System.setProperty(LOG_LEVEL, verbose ? "debug" : "off");
    System.setProperty(LIBRARIES_LOG_LEVEL, verbose ? "warn" : "off");
  }
}
