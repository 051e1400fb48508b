package dev.perennial.cli.demo;

import dev.perennial.cli.console.CommandFailedException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial demo}: one subcommand for each kind of source; without one, that of Tap. */
@Command(
    name = "demo",
    description = {
      "Consumes events of a simulated server, injects faults, and counts lost events.",
      "",
      "Without a subcommand it runs @|bold demo tap|@."
    },
    subcommands = {TapDemoCommand.class, MongoDemoCommand.class},
    synopsisSubcommandLabel = "[SOURCE]",
    footer = DemoOptions.EXIT_STATUS)
public final class DemoCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final TapDemoOptions options = new TapDemoOptions();

  @Override
  public Integer call() throws InterruptedException, CommandFailedException {
    return options.run(spec, new HandledEvents());
  }
}
