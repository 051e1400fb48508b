package dev.perennial.cli.demo;

import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Screen;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that all demos share. */
final class DemoOptions {

  static final String EXIT_STATUS = "%nExit status: 0 if no event was lost, 1 if one was.";

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Determines the events, the faults and the failures of the handler (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--no-color",
      description = "Print plain text, as with NO_COLOR in the environment.")
  private boolean noColor;

  long seed() {
    return seed;
  }

  Screen screen() {
    return Screen.system(noColor);
  }

  /** Prints the report and returns the exit status. */
  static int conclude(DemoReport report, Screen screen) {
    report.print(screen);
    return report.clean() ? 0 : ExitStatus.FAILED;
  }

  static void requireEvents(CommandSpec spec, int events, int fewest, int most) {
    if (events < fewest || events > most) {
      throw new ParameterException(
          spec.commandLine(), "--events takes " + fewest + " to " + most + ", but got " + events);
    }
  }
}
