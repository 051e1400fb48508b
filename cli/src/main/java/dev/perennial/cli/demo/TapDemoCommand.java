package dev.perennial.cli.demo;

import dev.perennial.cli.console.CommandFailedException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code perennial demo tap} */
@Command(
    name = "tap",
    description = "Consumes events of a simulated Tap, injects faults, and counts lost events.",
    footer = DemoOptions.EXIT_STATUS)
final class TapDemoCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Mixin private final TapDemoOptions options = new TapDemoOptions();

  private final HandledEvents handledEvents;

  /** Called by picocli. */
  TapDemoCommand() {
    this(new HandledEvents());
  }

  TapDemoCommand(HandledEvents handledEvents) {
    this.handledEvents = handledEvents;
  }

  @Override
  public Integer call() throws InterruptedException, CommandFailedException {
    return options.run(spec, handledEvents);
  }
}
