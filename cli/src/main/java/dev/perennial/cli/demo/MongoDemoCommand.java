package dev.perennial.cli.demo;

import dev.perennial.cli.console.Failure;
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
      "Consumes a scripted MongoDB replica set while everything goes wrong, and counts what was"
          + " lost. The checkpoint is in a Redis that is started for it; the application is a process of its"
          + " own, which is killed, and a second one takes over."
    },
    footer = DemoOptions.EXIT_STATUS)
final class MongoDemoCommand implements Callable<Integer> {

  private static final int FEWEST_EVENTS = 1_000;
  private static final int MOST_EVENTS = 1_000_000;

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "20000",
      description = "How many events, at least (default: ${DEFAULT-VALUE}).")
  private int events;

  @Mixin private final DemoOptions options = new DemoOptions();

  private final Class<?> application;

  /** By picocli. */
  MongoDemoCommand() {
    this(MongoConsumer.class);
  }

  MongoDemoCommand(Class<?> application) {
    this.application = application;
  }

  @Override
  public Integer call() throws InterruptedException, Failure {
    DemoOptions.requireEvents(spec, events, FEWEST_EVENTS, MOST_EVENTS);
    Screen screen = options.screen();
    Settings settings = new Settings(events, options.seed());
    return DemoOptions.conclude(new MongoDemo(settings, application, screen).run(), screen);
  }
}
