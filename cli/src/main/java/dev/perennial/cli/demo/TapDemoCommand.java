package dev.perennial.cli.demo;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial demo tap} */
@Command(
    name = "tap",
    description = "Consumes a simulated Tap while everything goes wrong, and counts what was lost.",
    footer = DemoOptions.EXIT_STATUS)
final class TapDemoCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final TapDemoOptions options = new TapDemoOptions();

  private final Tally tally;

  /** By picocli. */
  TapDemoCommand() {
    this(new Tally());
  }

  TapDemoCommand(Tally tally) {
    this.tally = tally;
  }

  @Override
  public Integer call() throws InterruptedException {
    return options.run(spec, tally);
  }
}
