package dev.perennial.deadletter.file.internal;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Optional;

/**
 * The text of an error.
 *
 * @param type the name of its class
 * @param message its message, if it has one
 * @param stack its stack trace with its causes; empty if it cannot be printed
 */
public record ErrorText(String type, Optional<String> message, String stack) {

  /** The longest message, in UTF-16 units. */
  static final int MAX_MESSAGE = 16 * 1024;

  /** The longest stack trace, in UTF-16 units. Enough for the JVM's 1,024 frames. */
  static final int MAX_STACK = 128 * 1024;

  /** Reads the text of an error. A text that is too long is cut and ends in an ellipsis. */
  public static ErrorText of(Throwable error) {
    return new ErrorText(error.getClass().getName(), message(error), stack(error));
  }

  private static Optional<String> message(Throwable error) {
    try {
      return Optional.ofNullable(error.getMessage()).map(text -> cut(text, MAX_MESSAGE));
    } catch (RuntimeException e) {
      // An error whose message cannot be read still makes a letter.
      return Optional.empty();
    }
  }

  private static String stack(Throwable error) {
    BoundedWriter text = new BoundedWriter();
    try (PrintWriter out = new PrintWriter(text)) {
      error.printStackTrace(out);
    } catch (RuntimeException e) {
      // See above.
    }
    return cut(text.toString(), MAX_STACK);
  }

  private static String cut(String text, int limit) {
    if (text.length() <= limit) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
    return text.substring(0, end) + "…";
  }

  /** A writer that drops what no letter would hold. */
  private static final class BoundedWriter extends Writer {

    private final StringBuilder text = new StringBuilder();

    @Override
    public void write(char[] chars, int offset, int length) {
      text.append(chars, offset, Math.min(length, MAX_STACK + 1 - text.length()));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
