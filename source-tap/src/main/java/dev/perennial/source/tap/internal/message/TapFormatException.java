package dev.perennial.source.tap.internal.message;

/**
 * The error of a message that cannot be decoded. It has no stack trace, which would only show the
 * decoder.
 */
public final class TapFormatException extends Exception {

  private static final long serialVersionUID = 1;

  private final String problem;

  /**
   * Makes the error of a problem.
   *
   * @param problem what is wrong with the message, in one clause
   */
  public TapFormatException(String problem) {
    super("Cannot decode a message from Tap: " + problem + ".", null, false, false);
    this.problem = problem;
  }

  /** Returns what is wrong with the message, in one clause. */
  public String problem() {
    return problem;
  }
}
