package dev.perennial.examples.cli.tail;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all tails have in common on the command line. */
final class TailOptions {

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Option(names = "--max", paramLabel = "N", description = "Stop after so many events.")
  private @Nullable Long max;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "Give up if not connected within so long (default: ${DEFAULT-VALUE}).")
  private int wait;

  /** Refuses what makes no sense. */
  void check() {
    if (max != null && max < 1) {
      throw new ParameterException(spec.commandLine(), "--max takes at least 1, but got " + max);
    }
    if (wait < 1) {
      throw new ParameterException(spec.commandLine(), "--wait takes at least 1, but got " + wait);
    }
  }

  /** After how many events to stop. */
  long max() {
    return max == null ? Long.MAX_VALUE : max;
  }

  /** How long to wait for a connection. */
  Duration patience() {
    return Duration.ofSeconds(wait);
  }
}
