package dev.perennial.source.mongo;

/**
 * Makes text from outside fit for a log line: short, and without characters that could forge
 * another line.
 */
final class Brief {

  private static final int LIMIT = 100;

  private Brief() {}

  static String of(String text) {
    return of(text, LIMIT);
  }

  static String of(String text, int limit) {
    int end = Math.min(text.length(), limit);
    StringBuilder brief = new StringBuilder(end + 1);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      int type = Character.getType(c);
      boolean plain =
          type != Character.CONTROL
              && type != Character.FORMAT
              && type != Character.LINE_SEPARATOR
              && type != Character.PARAGRAPH_SEPARATOR;
      brief.append(plain ? c : '?');
    }
    return end < text.length() ? brief.append('…').toString() : brief.toString();
  }
}
