package dev.perennial.examples.cli;

import dev.perennial.examples.cli.checkpoint.CheckpointCommand;
import dev.perennial.examples.cli.console.ExitStatus;
import dev.perennial.examples.cli.console.Failure;
import dev.perennial.examples.cli.console.Terminal;
import dev.perennial.examples.cli.demo.DemoCommand;
import dev.perennial.examples.cli.tail.TailCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command line. A new command is a class of its own and one line in {@code subcommands}. */
@Command(
    name = "perennial",
    description = "Consumes event streams that must not lose anything.",
    subcommands = {
      DemoCommand.class,
      TailCommand.class,
      CheckpointCommand.class,
      CommandLine.HelpCommand.class
    },
    scope = CommandLine.ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Perennial implements Runnable {

  /** What to set for logback to say something: see {@code logback.xml}. */
  private static final String LOG_LEVEL = "perennial.log";

  private static final String LIBRARIES_LOG_LEVEL = "perennial.log.libraries";

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  /** Runs a command and exits with its status. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    return commandLine(new CommandLine(new Perennial())).setOut(Terminal.writer()).execute(args);
  }

  /** Adds what all commands have in common. */
  public static CommandLine commandLine(CommandLine commands) {
    return commands.setExecutionExceptionHandler((failure, command, parsed) -> {
      command.getErr().println(command.getColorScheme().errorText(Failure.say(failure)));
      return failure instanceof Failure known ? known.status() : ExitStatus.FAILED;
    });
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

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do.");
  }
}
