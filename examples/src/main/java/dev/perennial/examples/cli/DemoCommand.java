package dev.perennial.examples.cli;

import dev.perennial.examples.cli.Demo.Settings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code perennial demo} */
@Command(
    name = "demo",
    description = "Consumes a simulated Tap while everything goes wrong, and counts what was lost.",
    footer = "%nExit status: 0 if nothing was lost, 1 if something was.")
final class DemoCommand implements Callable<Integer> {

  private static final int FEWEST_EVENTS = 1_000;
  private static final int MOST_EVENTS = 2_000_000;
  private static final int REPOSITORIES = 1_000;

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "100000",
      description = "How many events (default: ${DEFAULT-VALUE}).")
  private int events;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Decides the events, and after how many of them what goes wrong (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--no-color", description = "Plain text, as with NO_COLOR in the environment.")
  private boolean noColor;

  private final Tally tally;

  /** By picocli. */
  DemoCommand() {
    this(new Tally());
  }

  DemoCommand(Tally tally) {
    this.tally = tally;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (events < FEWEST_EVENTS || events > MOST_EVENTS) {
      throw new ParameterException(
          spec.commandLine(),
          "--events takes " + FEWEST_EVENTS + " to " + MOST_EVENTS + ", but got " + events);
    }
    Screen screen = Screen.system(noColor);
    DemoReport report = new Demo(new Settings(events, REPOSITORIES, seed), tally, screen).run();
    report.print(screen);
    return report.isClean() ? 0 : ExitStatus.FAILED;
  }
}
