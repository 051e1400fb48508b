package dev.perennial.cli;

import dev.perennial.cli.checkpoint.CheckpointCommand;
import dev.perennial.cli.console.CommandGroup;
import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Failure;
import dev.perennial.cli.console.Terminal;
import dev.perennial.cli.demo.DemoCommand;
import dev.perennial.cli.tail.TailCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line. A new command is a class of its own and one line in {@code subcommands}. */
@Command(
    name = "perennial",
    description = "Consumes event streams that must not lose anything.",
    subcommands = {
      DemoCommand.class,
      TailCommand.class,
      CheckpointCommand.class,
      HelpCommand.class
    },
    scope = CommandLine.ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Perennial extends CommandGroup {

  /** What to set for logback to say something: see {@code logback.xml}. */
  private static final String LOG_LEVEL = "perennial.log";

  private static final String LIBRARIES_LOG_LEVEL = "perennial.log.libraries";

  /** Runs a command and exits with its status. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    return commandLine(new CommandLine(new Perennial())).setOut(Terminal.writer()).execute(args);
  }

  /** Adds what all commands have in common. */
  public static CommandLine commandLine(CommandLine commands) {
    return commands
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          say(command, failure);
          return failure instanceof Failure known ? known.status() : ExitStatus.FAILED;
        })
        .setParameterExceptionHandler((mistake, arguments) -> {
          CommandLine command = mistake.getCommandLine();
          say(command, mistake);
          UnmatchedArgumentException.printSuggestions(mistake, command.getErr());
          // Not the help itself, which is so long that the line above would not be seen.
          command.getErr().println("See " + command.getCommandSpec().qualifiedName() + " --help.");
          return command.getCommandSpec().exitCodeOnInvalidInput();
        });
  }

  private static void say(CommandLine command, Throwable failure) {
    command.getErr().println(command.getColorScheme().errorText(Failure.say(failure)));
  }

  @Option(
      names = "--verbose",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Log to stderr what goes on.")
  @SuppressWarnings("UnusedMethod") // by picocli
  private void setVerbose(boolean verbose) {
    // Before the first logger is made, which then reads it.
    System.setProperty(LOG_LEVEL, verbose ? "debug" : "off");
    System.setProperty(LIBRARIES_LOG_LEVEL, verbose ? "warn" : "off");
  }
}
