package dev.perennial.simulators.tap;

/** Writes JSON by hand, where speed counts. */
final class Json {

  private Json() {}

  /** A text as a JSON string, quotes included. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2);
    quote(out, text);
    return out.toString();
  }

  /** Appends a text as a JSON string, quotes included. */
  static void quote(StringBuilder out, String text) {
    out.append('"');
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (needsEscape(c)) {
        out.append(text, from, i);
        out.append(c < ' ' ? String.format("\\u%04x", (int) c) : "\\" + c);
        from = i + 1;
      }
    }
    if (from == 0) {
      out.append(text);
    } else {
      out.append(text, from, text.length());
    }
    out.append('"');
  }

  private static boolean needsEscape(char c) {
    return c < ' ' || c == '"' || c == '\\';
  }
}
