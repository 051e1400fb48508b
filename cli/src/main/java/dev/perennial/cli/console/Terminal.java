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

/** Standard output: whether it is a terminal, and writers for it. */
public final class Terminal {

  /** Set by {@code ./perennial}: unlike Java, a shell can check stdout alone. */
  private static final String IS_TERMINAL = "perennial.terminal";

  private Terminal() {}

  public static boolean isTerminal() {
    String given = System.getProperty(IS_TERMINAL);
    return given == null ? isConsole() : Boolean.parseBoolean(given);
  }

  /** Returns whether to use colors, by the conventions of no-color.org. */
  public static boolean wantsColor() {
    String refused = System.getenv("NO_COLOR");
    return (refused == null || refused.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
  }

  /**
   * Returns standard output. Its encoding is UTF-8 in every locale, except on a Windows console,
   * which gets its own encoding.
   */
  public static PrintStream stdout() {
    return new PrintStream(new FileOutputStream(FileDescriptor.out), false, charset());
  }

  /** Returns {@link #stdout()} as a writer that flushes each line. */
  public static PrintWriter writer() {
    return new PrintWriter(output(), true);
  }

  /** Returns {@link #stdout()} as a writer that throws if it cannot write. */
  public static Writer output() {
    return new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), charset());
  }

  /**
   * Returns whether the reader of standard output has closed it. Java reports this only in the
   * system's words; if these do not contain "pipe", it counts as another error.
   */
  public static boolean isOutputClosed(IOException error) {
    return String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT).contains("pipe");
  }

  @SuppressWarnings("SystemConsoleNull") // See isConsole.
  private static Charset charset() {
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    Console console = System.console();
    return windows && console != null && isTerminal() ? console.charset() : StandardCharsets.UTF_8;
  }

  /** Since Java 22 there is a console even without a terminal; it has a method that tells. */
  @SuppressWarnings("SystemConsoleNull") // See above.
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
