package dev.perennial.cli.console;

/** What the commands exit with, besides 0, and 2 for a command line that cannot be understood. */
public final class ExitStatus {

  /** It failed: an error on stderr says why. */
  public static final int FAILED = 1;

  /** The server wants a password, or another one. */
  public static final int REFUSED = 3;

  /**
   * Whoever read the output is gone, as {@code head} is when it has enough: what a shell gives for
   * a program that SIGPIPE ended.
   */
  public static final int UNREAD = 141;

  private ExitStatus() {}
}
