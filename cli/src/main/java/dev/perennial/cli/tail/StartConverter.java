package dev.perennial.cli.tail;

import dev.perennial.port.support.LogText;
import dev.perennial.source.mongo.StartPosition;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Parses the start on the command line: the forms that the source parses, and shorter forms of
 * times.
 */
final class StartConverter implements ITypeConverter<StartPosition> {

  /** The forms of a start, for the help and for errors. */
  static final String FORM =
      "now, a time in UTC such as 2026-11-22T10:00Z or 2026-11-22, a time before now such as -10m,"
          + " -2h or -1d, or a resume token";

  /** The beginning of a date. A resume token has no dash. */
  private static final Pattern DATE = Pattern.compile("\\d{4}-.*");

  /** A date, optionally with a time, optionally with an offset. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .optionalStart()
          .appendPattern("['T'][ ]")
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .optionalStart()
          .appendOffset("+HH:MM", "Z")
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private final Clock clock;

  /** Called by picocli. */
  StartConverter() {
    this(Clock.systemUTC());
  }

  StartConverter(Clock clock) {
    this.clock = clock;
  }

  @Override
  public StartPosition convert(String value) {
    String text = value.strip();
    try {
      if (text.startsWith("-")) {
        Duration before = Durations.parse(text.substring(1)).orElseThrow(() -> invalid(value));
        return StartPosition.at(clock.instant().minus(before));
      }
      if (DATE.matcher(text).matches()) {
        return StartPosition.at(time(text));
      }
      return StartPosition.parse(text);
    } catch (IllegalArgumentException | DateTimeException e) {
      throw invalid(value);
    }
  }

  private static Instant time(String text) {
    TemporalAccessor given = TIME.parse(text);
    LocalTime time = given.query(TemporalQueries.localTime());
    ZoneOffset offset = given.query(TemporalQueries.offset());
    return LocalDate.from(given)
        .atTime(Objects.requireNonNullElse(time, LocalTime.MIDNIGHT))
        .toInstant(Objects.requireNonNullElse(offset, ZoneOffset.UTC));
  }

  private static TypeConversionException invalid(String value) {
    return new TypeConversionException(
        '"' + LogText.brief(value) + "\" is not a start. Give " + FORM + ".");
  }
}
