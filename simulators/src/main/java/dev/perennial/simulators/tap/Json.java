package dev.perennial.simulators.tap;

/** Writes JSON by hand, where speed counts. */
final class Json {

  private Json() {}

  /** A text as a JSON string, quotes included. */
  static String quote(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (needsEscape(text.charAt(i))) {
        return escape(text);
      }
    }
    return '"' + text + '"';
  }

  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 8).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        escaped.append('\\').append(c);
      } else if (c < ' ') {
        escaped.append(String.format("\\u%04x", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.append('"').toString();
  }

  private static boolean needsEscape(char c) {
    return c < ' ' || c == '"' || c == '\\';
  }
}
