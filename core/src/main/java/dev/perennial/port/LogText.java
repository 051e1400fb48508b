package dev.perennial.port;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Makes text that came from elsewhere safe to show: what a stranger wrote must not end a line of a
 * log, move a terminal's cursor or turn the direction of writing. For sources, stores and
 * transports that put such text into messages.
 */
public final class LogText {

  private static final int BRIEF = 100;
  private static final int ADDRESS = 200;

  private LogText() {}

  /**
   * The text on one line: a character that is none to be seen (control and format characters, line
   * and paragraph separators, halves of surrogate pairs) becomes {@code \}{@code u} and its four
   * hexadecimal digits, beyond the basic plane in braces.
   */
  public static String line(String text) {
    return line(text, text.length(), "");
  }

  /** As {@link #line}, and of a longer text the first 100 characters and an ellipsis. */
  public static String brief(String text) {
    return brief(text, BRIEF);
  }

  /**
   * As {@link #line}, and of a longer text the beginning and an ellipsis.
   *
   * @param limit how many of the text's UTF-16 units are shown at most; one less where it would cut
   *     a surrogate pair
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
   * An address from elsewhere on one line, at most 200 characters of it: without user and password,
   * query and fragment, which may be secret. What is no URI is not shown at all.
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
