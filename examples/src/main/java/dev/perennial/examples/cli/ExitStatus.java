package dev.perennial.examples.cli;

/** What the commands exit with, besides 0, and 2 for a command line that cannot be understood. */
final class ExitStatus {

  /** It failed: an error on stderr says why. */
  static final int FAILED = 1;

  /** The server wants a password, or another one. */
  static final int REFUSED = 3;

  private ExitStatus() {}
}
