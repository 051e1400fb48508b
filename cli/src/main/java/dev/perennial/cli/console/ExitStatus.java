package dev.perennial.cli.console;

/** The exit statuses of the commands, besides 0 and picocli's 2 for invalid arguments. */
public final class ExitStatus {

  /** The command failed; an error on stderr says why. */
  public static final int FAILED = 1;

  /** The server requires a password, or refused the given one. */
  public static final int REFUSED = 3;

  /**
   * The reader of the output has closed it, as {@code head} does. A shell reports this status for a
   * program that was ended by SIGPIPE.
   */
  public static final int OUTPUT_CLOSED = 141;

  private ExitStatus() {}
}
