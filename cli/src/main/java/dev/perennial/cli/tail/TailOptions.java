package dev.perennial.cli.tail;

import dev.perennial.port.support.LogText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The options that all tails share. */
final class TailOptions {

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // by picocli
  private CommandSpec spec;

  @Option(names = "--max", paramLabel = "N", description = "Stop after this many events.")
  private @Nullable Long max;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "15",
      converter = WaitConverter.class,
      description =
          "Fail if not connected within this time, in seconds or as 90s, 10m or 2h (default: ${DEFAULT-VALUE}).")
  @SuppressWarnings("NullAway.Init") // by picocli
  private Duration wait;

  /** Rejects values out of range. */
  void check() {
    if (max != null && max < 1) {
      throw new ParameterException(
          spec.commandLine(), "--max must be at least 1, but is " + max + ".");
    }
  }

  /** Returns the number of events to print. */
  long max() {
    return max == null ? Long.MAX_VALUE : max;
  }

  /** Parses a number of seconds or a duration with units. */
  static final class WaitConverter implements ITypeConverter<Duration> {

    @Override
    public Duration convert(String value) {
      return Durations.parse(value.matches("\\d+") ? value + "s" : value)
          .filter(wait -> wait.toSeconds() >= 1)
          .orElseThrow(() ->
              new TypeConversionException(
                  '"'
                      + LogText.brief(value)
                      + "\" is not a time of at least 1 s. Give seconds, or a time such as 90s, 10m or 2h."));
    }
  }

  /** Returns how long to wait for a connection. */
  Duration timeout() {
    return wait;
  }
}
