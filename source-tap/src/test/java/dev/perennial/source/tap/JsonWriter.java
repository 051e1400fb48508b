package dev.perennial.source.tap;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A writer of JSON in one of many equivalent forms: fields in any order, spaces, escapes. */
final class JsonWriter {

  /** A number, in the digits that are to be written. */
  record Digits(String text) {}

  private static final String[] SPACES = {"", "", "", "", " ", "\n", "\t", "\r\n", "   "};

  private final Random random;
  private final StringBuilder out = new StringBuilder();

  private JsonWriter(Random random) {
    this.random = random;
  }

  static String write(Object value, Random random) {
    JsonWriter writer = new JsonWriter(random);
    writer.space();
    writer.value(value);
    writer.space();
    return writer.out.toString();
  }

  private void value(Object value) {
    if (value instanceof Map<?, ?> map) {
      object(map);
    } else if (value instanceof List<?> list) {
      array(list);
    } else if (value instanceof String text) {
      text(text);
    } else if (value instanceof Digits digits) {
      out.append(digits.text());
    } else {
      out.append(value);
    }
  }

  private void object(Map<?, ?> map) {
    List<Map.Entry<?, ?>> fields = new ArrayList<>(map.entrySet());
    Collections.shuffle(fields, random);
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> field : fields) {
      out.append(separator);
      space();
      text((String) field.getKey());
      space();
      out.append(':');
      space();
      value(field.getValue());
      space();
      separator = ",";
    }
    out.append('}');
  }

  private void array(List<?> list) {
    out.append('[');
    String separator = "";
    for (Object item : list) {
      out.append(separator);
      space();
      value(item);
      space();
      separator = ",";
    }
    out.append(']');
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean paired =
          (Character.isHighSurrogate(c)
                  && i + 1 < text.length()
                  && Character.isLowSurrogate(text.charAt(i + 1)))
              || (Character.isLowSurrogate(c)
                  && i > 0
                  && Character.isHighSurrogate(text.charAt(i - 1)));
      // Half of a pair is one with the other half, written out or both escaped; alone it has no
      // UTF-8.
      if (paired) {
        out.append(c);
      } else if (c < ' ' || Character.isSurrogate(c) || random.nextInt(8) == 0) {
        out.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) c));
      } else if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c == '/' && random.nextBoolean()) {
        out.append("\\/");
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  private void space() {
    out.append(SPACES[random.nextInt(SPACES.length)]);
  }
}
