package dev.perennial.examples.cli.console;

/** What the commands exit with, besides 0, and 2 for a command line that cannot be understood. */
public final class ExitStatus {

  /** It failed: an error on stderr says why. */
  public static final int FAILED = 1;

  /** The server wants a password, or another one. */
  public static final int REFUSED = 3;

  private ExitStatus() {}
}
