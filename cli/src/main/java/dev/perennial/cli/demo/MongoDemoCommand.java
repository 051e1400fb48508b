package dev.perennial.cli.demo;

import dev.perennial.cli.console.CommandFailedException;
import dev.perennial.cli.console.Screen;
import dev.perennial.cli.demo.MongoDemo.Settings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code perennial demo mongo} */
@Command(
    name = "mongo",
    description = {
      "Consumes events of a simulated MongoDB replica set, injects faults, and counts lost events. The checkpoint"
          + " is in a Redis server that the demo starts. The consumer is a separate process; the demo kills it and"
          + " a standby takes over."
    },
    footer = DemoOptions.EXIT_STATUS)
final class MongoDemoCommand implements Callable<Integer> {

  private static final int MIN_EVENTS = 1_000;
  private static final int MAX_EVENTS = 1_000_000;

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "20000",
      description = "The least number of events (default: ${DEFAULT-VALUE}).")
  private int events;

  @Mixin private final DemoOptions options = new DemoOptions();

  private final Class<?> consumer;

  /** Called by picocli. */
  MongoDemoCommand() {
    this(MongoConsumer.class);
  }

  MongoDemoCommand(Class<?> consumer) {
    this.consumer = consumer;
  }

  @Override
  public Integer call() throws InterruptedException, CommandFailedException {
    DemoOptions.requireEvents(spec, events, MIN_EVENTS, MAX_EVENTS);
    Screen screen = options.screen();
    Settings settings = new Settings(events, options.seed());
    try (DemoDeadLetters letters = DemoDeadLetters.temporary()) {
      return DemoOptions.conclude(new MongoDemo(settings, consumer, letters, screen).run(), screen);
    }
  }
}
