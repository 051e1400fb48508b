package dev.perennial.cli.tail;

import dev.perennial.port.LogText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

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
      converter = WaitConverter.class,
      description =
          "Give up if not connected within so long, also as 90s, 10m or 2h (default: ${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init") // by picocli
  private Duration wait;

  /** Refuses what makes no sense. */
  void check() {
    if (max != null && max < 1) {
      throw new ParameterException(spec.commandLine(), "--max takes at least 1, but got " + max);
    }
  }

  /** After how many events to stop. */
  long max() {
    return max == null ? Long.MAX_VALUE : max;
  }

  /** Reads a number of seconds, or a duration with its units. */
  static final class WaitConverter implements ITypeConverter<Duration> {

    @Override
    public Duration convert(String value) {
      return Durations.parse(value.matches("\\d+") ? value + "s" : value)
          .filter(wait -> wait.toSeconds() >= 1)
          .orElseThrow(() ->
              new TypeConversionException(
                  '"'
                      + LogText.brief(value)
                      + "\" is no time to wait; give seconds, or a time such as 90s, 10m or 2h"));
    }
  }

  /** How long to wait for a connection. */
  Duration patience() {
    return wait;
  }
}
