package dev.perennial.cli.demo;

import dev.perennial.cli.console.Screen;
import dev.perennial.cli.demo.TapDemo.Settings;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of the demo on a simulated Tap, which two commands have. */
final class TapDemoOptions {

  private static final int FEWEST_EVENTS = 1_000;
  private static final int MOST_EVENTS = 2_000_000;
  private static final int REPOSITORIES = 1_000;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "100000",
      description = "How many events (default: ${DEFAULT-VALUE}).")
  private int events;

  @Mixin private final DemoOptions options = new DemoOptions();

  /** Runs the demo and says what to exit with. */
  int run(CommandSpec spec, Tally tally) throws InterruptedException {
    DemoOptions.requireEvents(spec, events, FEWEST_EVENTS, MOST_EVENTS);
    Screen screen = options.screen();
    Settings settings = new Settings(events, REPOSITORIES, options.seed());
    return DemoOptions.conclude(new TapDemo(settings, tally, screen).run(), screen);
  }
}
