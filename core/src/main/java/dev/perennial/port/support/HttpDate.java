package dev.perennial.port.support;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The dates of HTTP, in the three forms of RFC 9110, section 5.6.7. */
final class HttpDate {

  private static final DateTimeFormatter PREFERRED =
      DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss 'GMT'", Locale.US);

  /** The format of C's asctime, with a space before a day below 10. */
  private static final DateTimeFormatter ASCTIME =
      DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.US);

  /** How far in the future a year of two digits may be. */
  private static final int YEARS_AHEAD = 50;

  private HttpDate() {}

  /**
   * Reads a date; empty if the text is not a date.
   *
   * @param now determines the century of a year of two digits
   */
  static Optional<Instant> parse(String text, Instant now) {
    int firstYear = now.atOffset(ZoneOffset.UTC).getYear() - 99 + YEARS_AHEAD;
    DateTimeFormatter obsolete =
        new DateTimeFormatterBuilder()
            .appendPattern("EEEE, dd-MMM-")
            .appendValueReduced(ChronoField.YEAR, 2, 2, firstYear)
            .appendPattern(" HH:mm:ss 'GMT'")
            .toFormatter(Locale.US);
    for (DateTimeFormatter form : List.of(PREFERRED, obsolete, ASCTIME)) {
      try {
        return Optional.of(LocalDateTime.parse(text, form).toInstant(ZoneOffset.UTC));
      } catch (DateTimeException e) {
        // It may be of another form.
      }
    }
    return Optional.empty();
  }
}
