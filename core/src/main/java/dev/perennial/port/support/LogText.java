package dev.perennial.port.support;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Formatting of foreign text, errors and durations for log lines and error messages. Foreign text
 * must not end a line of a log, move the cursor of a terminal or change the direction of writing.
 * For sources, stores and transports.
 */
public final class LogText {

  private static final int BRIEF = 100;
  private static final int ADDRESS = 200;

  /** How much of an error's message is shown in another one, in UTF-16 units. */
  private static final int REASON = 200;

  private static final long SECOND = 1_000_000_000;

  private LogText() {}

  /**
   * Returns the text on one line. An invisible character (control and format characters, line and
   * paragraph separators, halves of surrogate pairs) becomes {@code \}{@code u} and its four
   * hexadecimal digits, beyond the basic plane in braces.
   */
  public static String line(String text) {
    return line(text, text.length(), "");
  }

  /** As {@link #line}, but shortens a longer text to 100 characters and an ellipsis. */
  public static String brief(String text) {
    return brief(text, BRIEF);
  }

  /**
   * As {@link #line}, but shortens a longer text to its beginning and an ellipsis.
   *
   * @param limit the most UTF-16 units of the text to show; one less if it would cut a surrogate
   *     pair
   */
  public static String brief(String text, int limit) {
    if (text.length() <= limit) {
      return line(text);
    }
    boolean cutsPair =
        limit > 0
            && Character.isHighSurrogate(text.charAt(limit - 1))
            && Character.isLowSurrogate(text.charAt(limit));
    return line(text, cutsPair ? limit - 1 : limit, "…");
  }

  /**
   * Returns the reason of an error as a clause, for the message of another error: its message on
   * one line, without the period at the end, shortened to 200 characters. The name of the class
   * follows if the message does not explain the error: that of a programming error, or a single
   * word such as the name of an unknown host.
   */
  public static String reason(Throwable error) {
    String message = messageOf(error);
    String type = error.getClass().getSimpleName();
    String name = type.isEmpty() ? error.getClass().getName() : type;
    if (message == null || message.isBlank()) {
      return name;
    }
    boolean explainsItself =
        error instanceof Exception
            && !(error instanceof RuntimeException)
            && message.strip().indexOf(' ') >= 0;
    String text = message.strip();
    String clause = brief(text.endsWith(".") ? text.substring(0, text.length() - 1) : text, REASON);
    return explainsItself ? clause : clause + " (" + name + ")";
  }

  private static @Nullable String messageOf(Throwable error) {
    try {
      return error.getMessage();
    } catch (RuntimeException e) {
      // An error whose message cannot be read must still be reported.
      return null;
    }
  }

  /**
   * Formats a duration in one or two units: {@code 500 ms}, {@code 1.2 s}, {@code 5 min 30 s},
   * {@code 2 h}, {@code 3 d 4 h}. Rounds to the nearest shown unit.
   */
  public static String duration(Duration duration) {
    if (duration.isNegative()) {
      return "-" + duration(duration.negated());
    }
    if (duration.toDays() >= 1) {
      long hours = duration.toHours();
      return units(duration.toMinutesPart() < 30 ? hours : hours + 1, 24, "d", "h");
    }
    long millis = roundedTo(duration, 1_000_000);
    if (millis < 1_000) {
      return millis + " ms";
    }
    long tenths = roundedTo(duration, 100_000_000);
    if (tenths < 600) {
      return tenths / 10 + (tenths % 10 == 0 ? "" : "." + tenths % 10) + " s";
    }
    long seconds = roundedTo(duration, SECOND);
    return seconds < 3_600
        ? units(seconds, 60, "min", "s")
        : units(roundedTo(duration, 60 * SECOND), 60, "h", "min");
  }

  private static long roundedTo(Duration duration, long unitNanos) {
    Duration unit = Duration.ofNanos(unitNanos);
    return duration.plus(unit.dividedBy(2)).dividedBy(unit);
  }

  private static String units(long small, int perLarge, String large, String unit) {
    long rest = small % perLarge;
    String first = String.format(Locale.ROOT, "%,d %s", small / perLarge, large);
    return rest == 0 ? first : first + " " + rest + " " + unit;
  }

  /**
   * Returns a foreign address on one line, shortened to 200 characters, without user and password,
   * query and fragment, which may be secret. A text that is not a URI is not shown at all.
   */
  public static String address(String text) {
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      return "an address that cannot be read";
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme() + ':';
    if (uri.isOpaque()) {
      return scheme + '…';
    }
    String authority = uri.getRawAuthority();
    String host =
        authority == null ? "" : "//" + authority.substring(authority.lastIndexOf('@') + 1);
    return brief(scheme + host + uri.getRawPath(), ADDRESS);
  }

  private static String line(String text, int end, String ending) {
    int safe = 0;
    while (safe < end && text.charAt(safe) >= ' ' && text.charAt(safe) <= '~') {
      safe++;
    }
    if (safe == text.length()) {
      return text;
    }
    StringBuilder line = new StringBuilder(end + 16).append(text, 0, safe);
    for (int i = safe; i < end; i += Character.charCount(text.codePointAt(i))) {
      append(line, text.codePointAt(i));
    }
    return line.append(ending).toString();
  }

  private static void append(StringBuilder line, int codePoint) {
    if (isVisible(codePoint)) {
      line.appendCodePoint(codePoint);
    } else if (Character.isBmpCodePoint(codePoint)) {
      line.append(String.format(Locale.ROOT, "\\u%04x", codePoint));
    } else {
      line.append(String.format(Locale.ROOT, "\\u{%x}", codePoint));
    }
  }

  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }
}
