package dev.perennial.cli.console;

import java.io.PrintStream;
import java.time.Duration;

/**
 * Output for a person: lines, and below them a status line that changes in place. If the output is
 * not a terminal, the status line is written as a new line from time to time instead. Safe for use
 * from any thread.
 */
public final class Screen {

  /** A style of text, by its ANSI code. */
  public enum Style {
    BOLD(1),
    DIM(2),
    RED(31),
    GREEN(32),
    YELLOW(33);

    private final int code;

    Style(int code) {
      this.code = code;
    }
  }

  private static final long TERMINAL_INTERVAL = Duration.ofMillis(100).toNanos();
  private static final long PLAIN_INTERVAL = Duration.ofSeconds(2).toNanos();
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final boolean color;
  private String status = "";
  private long statusSince = System.nanoTime();

  /**
   * @param terminal whether the status line can change in place
   * @param color whether to use styles
   */
  public Screen(PrintStream out, boolean terminal, boolean color) {
    this.out = out;
    this.terminal = terminal;
    this.color = color;
  }

  /** Returns the screen for the program's standard output. */
  public static Screen system(boolean noColor) {
    boolean terminal = Terminal.isTerminal();
    return new Screen(Terminal.stdout(), terminal, terminal && !noColor && Terminal.wantsColor());
  }

  /** Writes a line above the status line. */
  public synchronized void line(String text) {
    if (status.isEmpty()) {
      out.println(text);
    } else {
      out.print(CLEAR_LINE + text + System.lineSeparator() + status);
    }
    out.flush();
  }

  /** Returns whether the status line is due again. */
  public synchronized boolean isStatusDue() {
    return System.nanoTime() - statusSince >= (terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL);
  }

  /** Shows the status line. */
  public synchronized void status(String text) {
    statusSince = System.nanoTime();
    if (terminal) {
      status = text;
      out.print(CLEAR_LINE + text);
    } else {
      out.println(text);
    }
    out.flush();
  }

  /** Removes the status line. */
  public synchronized void clearStatus() {
    if (!status.isEmpty()) {
      status = "";
      out.print(CLEAR_LINE);
      out.flush();
    }
  }

  /** Returns the text in a style if styles are used. */
  public String styled(Style style, String text) {
    return color ? "\u001b[" + style.code + "m" + text + "\u001b[0m" : text;
  }
}
