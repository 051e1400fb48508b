package dev.perennial.cli.demo;

import dev.perennial.cli.console.ExitStatus;
import dev.perennial.cli.console.Screen;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What all demos have in common on the command line. */
final class DemoOptions {

  static final String EXIT_STATUS = "%nExit status: 0 if nothing was lost, 1 if something was.";

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Decides the events, and after how many of them what goes wrong (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--no-color", description = "Plain text, as with NO_COLOR in the environment.")
  private boolean noColor;

  long seed() {
    return seed;
  }

  Screen screen() {
    return Screen.system(noColor);
  }

  /** Prints the report, and says what to exit with. */
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
