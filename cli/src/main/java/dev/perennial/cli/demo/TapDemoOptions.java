package dev.perennial.cli.demo;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.Screen;
import dev.perennial.cli.demo.TapDemo.Settings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of the Tap demo, which {@code demo} and {@code demo tap} share. */
final class TapDemoOptions {

  private static final int MIN_EVENTS = 1_000;
  private static final int MAX_EVENTS = 2_000_000;
  private static final int REPOSITORIES = 1_000;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "100000",
      description = "The number of events (default: ${DEFAULT-VALUE}).")
  private int events;

  @Option(
      names = "--dead-letters",
      paramLabel = "DIR",
      description =
          "A new directory in which to keep the dead letters. By default they are deleted.")
  private @Nullable Path deadLetters;

  @Mixin private final DemoOptions options = new DemoOptions();

  /** Runs the demo and returns the exit status. */
  int run(CommandSpec spec, HandledEvents handledEvents)
      throws InterruptedException, CommandFailedException {
    DemoOptions.requireEvents(spec, events, MIN_EVENTS, MAX_EVENTS);
    Screen screen = options.screen();
    Settings settings = new Settings(events, REPOSITORIES, options.seed());
    try (DemoDeadLetters letters = DemoDeadLetters.in(deadLetters)) {
      return DemoOptions.conclude(
          new TapDemo(settings, handledEvents, letters, screen).run(), screen);
    }
  }
}
