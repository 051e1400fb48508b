package dev.perennial.cli.console;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What is known of where stdout goes. */
public final class Terminal {

  /** Set by {@code ./perennial}, which can ask about stdout alone. */
  private static final String IS_TERMINAL = "perennial.terminal";

  private Terminal() {}

  public static boolean isStdout() {
    String told = System.getProperty(IS_TERMINAL);
    return told == null ? isConsole() : Boolean.parseBoolean(told);
  }

  /** Follows the custom of no-color.org. */
  public static boolean wantsColor() {
    String refused = System.getenv("NO_COLOR");
    return (refused == null || refused.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
  }

  /**
   * Standard output in UTF-8, whatever the locale says, as programs that read it expect; only a
   * Windows console gets the encoding that it says it has.
   */
  public static PrintStream stdout() {
    return new PrintStream(new FileOutputStream(FileDescriptor.out), false, charset());
  }

  /** {@link #stdout()} as a writer, which flushes each line. */
  public static PrintWriter writer() {
    return new PrintWriter(output(), true);
  }

  /** {@link #stdout()} as a writer that says why it cannot write. */
  public static Writer output() {
    return new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), charset());
  }

  /**
   * Whether standard output could not be written because whoever read it is gone. Java has only the
   * system's words for that; in a language in which they have no "pipe" the error is told.
   */
  public static boolean isUnread(IOException error) {
    return String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT).contains("pipe");
  }

  @SuppressWarnings("SystemConsoleNull") // See isConsole.
  private static Charset charset() {
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    Console console = System.console();
    return windows && console != null && isStdout() ? console.charset() : StandardCharsets.UTF_8;
  }

  /** From Java 22 on there is a console also where there is no terminal, and it knows. */
  @SuppressWarnings("SystemConsoleNull") // as said above
  private static boolean isConsole() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
