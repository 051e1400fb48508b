package dev.perennial.cli.console;

import java.io.PrintStream;
import java.time.Duration;

/**
 * What a person watches: lines, and one line that changes in place. Where nobody watches, because
 * the output goes to a file or a pipe, that line is written anew from time to time instead. Safe
 * for use from any thread.
 */
public final class Screen {

  /** A style of text, by its ANSI number. */
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

  private static final long LIVE_EVERY = Duration.ofMillis(100).toNanos();
  private static final long PLAIN_EVERY = Duration.ofSeconds(2).toNanos();
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final boolean color;
  private String live = "";
  private long liveSince = System.nanoTime();

  /**
   * @param terminal whether a line can be changed in place
   * @param color whether styles are shown
   */
  public Screen(PrintStream out, boolean terminal, boolean color) {
    this.out = out;
    this.terminal = terminal;
    this.color = color;
  }

  /** The program's own terminal, or whatever stands in its place. */
  public static Screen system(boolean noColor) {
    boolean terminal = Terminal.isStdout();
    return new Screen(Terminal.stdout(), terminal, terminal && !noColor && Terminal.wantsColor());
  }

  /** Writes a line, above the one that changes. */
  public synchronized void line(String text) {
    if (live.isEmpty()) {
      out.println(text);
    } else {
      out.print(CLEAR_LINE + text + System.lineSeparator() + live);
    }
    out.flush();
  }

  /** Whether it is time to show the changing line again. */
  public synchronized boolean wantsLive() {
    return System.nanoTime() - liveSince >= (terminal ? LIVE_EVERY : PLAIN_EVERY);
  }

  /** Shows the changing line. */
  public synchronized void live(String text) {
    liveSince = System.nanoTime();
    if (terminal) {
      live = text;
      out.print(CLEAR_LINE + text);
    } else {
      out.println(text);
    }
    out.flush();
  }

  /** Takes the changing line away. */
  public synchronized void endLive() {
    if (!live.isEmpty()) {
      live = "";
      out.print(CLEAR_LINE);
      out.flush();
    }
  }

  /** The text in a style, where styles are shown. */
  public String styled(Style style, String text) {
    return color ? "\u001b[" + style.code + "m" + text + "\u001b[0m" : text;
  }
}
