package dev.perennial.cli.demo;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial demo}: one command below it for each kind of source; by itself, that of Tap. */
@Command(
    name = "demo",
    description = {
      "Consumes a simulated server while everything goes wrong, and counts what was lost.",
      "",
      "By itself it is @|bold demo tap|@."
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
  public Integer call() throws InterruptedException {
    return options.run(spec, new Tally());
  }
}
