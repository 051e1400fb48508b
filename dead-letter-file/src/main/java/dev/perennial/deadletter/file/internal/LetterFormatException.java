package dev.perennial.deadletter.file.internal;

/** The error of a line that is no dead letter. It has no stack trace, which says nothing. */
public final class LetterFormatException extends Exception {

  private static final long serialVersionUID = 1;

  /**
   * @param problem what is wrong with the line, in one clause
   */
  public LetterFormatException(String problem) {
    super("Cannot read a line as a dead letter: " + problem + ".", null, false, false);
  }
}
