package dev.perennial.examples.cli.console;

import java.util.Locale;

/**
 * Makes text that came from elsewhere safe to print on a terminal: what a stranger wrote must not
 * move the cursor, break the line or turn the direction of writing.
 */
public final class Printable {

  private Printable() {}

  /** The text with every character that is no visible one written as {@code \\u} and its code. */
  public static String line(String text) {
    StringBuilder line = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean safe = isSafe(c);
      if (!safe && line == null) {
        line = new StringBuilder(text.length() + 16).append(text, 0, i);
      }
      if (line != null) {
        if (safe) {
          line.append(c);
        } else {
          line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
        }
      }
    }
    return line == null ? text : line.toString();
  }

  /** The beginning of a text, on one line. */
  public static String brief(String text, int length) {
    return text.length() <= length ? line(text) : line(text.substring(0, length)) + "…";
  }

  private static boolean isSafe(char c) {
    if (c >= ' ' && c <= '~') {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
